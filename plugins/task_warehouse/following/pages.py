"""What every page has: the reading it shows, the language, links, and who is looking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse

from task_warehouse.dashboard.wording import Language
from task_warehouse.following import access
from task_warehouse.following.library import Library, Reading
from task_warehouse.following.rendering import Links, Words, render

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
Code = Annotated[str, Query(max_length=500)]
SearchText = Annotated[str, Query(max_length=200)]


class NotFoundError(Exception):
    """There is no such page: an unknown code, or one that cannot be one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page needs whatever it shows."""

    words: Words
    links: Links
    path: str
    asked: dict[str, str]
    sees_values: bool = False

    def context(self) -> dict[str, Any]:
        """The names every template may use."""
        other = Links(self.links.root, self.words.other)
        steps = [step for step in self.path.split("/") if step]
        return {
            "w": self.words,
            "t": self.words.text,
            "url": self.links,
            "other_language": other(*steps, **self.asked),
            "sees_values": self.sees_values,
            # The macros of the dashboard name these.
            "up": "",
            "suffix": "",
        }


def frame_of(request: Request, *, sees_values: bool = False) -> Frame:
    """The frame of the page that is asked for; works without a login and without data."""
    language: Language = "en" if request.query_params.get("lang") == "en" else "vi"
    root = str(request.scope.get("root_path", ""))
    asked = {name: value for name, value in request.query_params.items() if name != "lang"}
    path = request.url.path.removeprefix(root)
    return Frame(Words(language), Links(root, language), path, asked, sees_values)


@dataclass(frozen=True, slots=True)
class Page:
    """A page about the morning in force."""

    frame: Frame
    reading: Reading

    @property
    def sees_values(self) -> bool:
        return self.frame.sees_values

    def show(self, template: str, **context: Any) -> HTMLResponse:
        """The page that ``template`` makes."""
        manifest = self.reading.manifest
        return HTMLResponse(
            render(template, {**self.frame.context(), "manifest": manifest, **context})
        )


def open_page(
    request: Request,
    sees_values: Annotated[bool, Depends(access.is_engineer)],
    lang: Literal["vi", "en"] = "vi",
) -> Iterator[Page]:
    """A page with a connection of its own, closed when it is answered."""
    del lang  # Declared for the address; the frame reads it.
    library: Library = request.app.state.library
    morning = library.morning()
    with morning.connection() as connection:
        yield Page(frame_of(request, sees_values=sees_values), Reading(morning, connection))


PageDep = Annotated[Page, Depends(open_page)]
