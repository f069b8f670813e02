"""Titles and reports of the sample: our own sentences, composed from parts that fit together.

Every part is plain Vietnamese in NFC. No part names a person, an address or a number to call.
"""

from __future__ import annotations

from task_warehouse.sample.dice import Dice

FIELDS = (
    "y tế", "giáo dục", "đất đai", "nông nghiệp", "giao thông", "du lịch", "văn hóa",
    "lao động, việc làm", "an sinh xã hội", "tài chính công", "đầu tư công", "xây dựng",
    "môi trường", "năng lượng", "thương mại điện tử", "logistics", "quản lý dân cư", "tư pháp",
    "thủ tục hành chính", "cán bộ, công chức", "khoáng sản", "thủy lợi", "phòng chống thiên tai",
    "doanh nghiệp nhỏ và vừa", "di sản",
)  # fmt: skip

FIELDS_OF = {
    "G01": ("quản lý dân cư", "an ninh mạng", "phòng cháy, chữa cháy", "định danh điện tử"),
    "G02": ("năng lượng", "thương mại điện tử", "công nghiệp chế biến", "logistics"),
    "G03": ("giáo dục phổ thông", "giáo dục đại học", "khảo thí", "học liệu số"),
    "G06": ("viễn thông", "sở hữu trí tuệ", "tiêu chuẩn, đo lường", "công nghiệp công nghệ số"),
    "G08": ("lãnh sự", "ngoại giao kinh tế", "người Việt Nam ở nước ngoài"),
    "G09": ("cán bộ, công chức", "lao động, việc làm", "bảo hiểm xã hội", "người có công"),
    "G10": ("đất đai", "nông nghiệp", "thủy lợi", "khí tượng thủy văn", "khoáng sản"),
    "G11": ("công nghiệp quốc phòng", "cơ yếu", "hậu cần, kỹ thuật"),
    "G12": ("hải quan", "thuế", "đầu tư công", "thống kê", "đăng ký doanh nghiệp"),
    "G15": ("hộ tịch", "công chứng", "thi hành án dân sự", "xây dựng pháp luật"),
    "G16": ("di sản", "du lịch", "thư viện", "báo chí", "thể thao"),
    "G17": ("giao thông", "quy hoạch đô thị", "nhà ở", "hạ tầng kỹ thuật"),
    "G18": ("khám bệnh, chữa bệnh", "y tế dự phòng", "dược", "hồ sơ sức khỏe điện tử"),
    "G19": ("thanh toán không dùng tiền mặt", "tín dụng", "tiền tệ, kho quỹ"),
    "G20": ("thanh tra", "tiếp công dân", "phòng, chống tham nhũng"),
    "G21": ("công tác dân tộc", "tín ngưỡng, tôn giáo"),
    "G27": ("phát thanh số", "lưu trữ âm thanh"),
    "G28": ("truyền hình số", "lưu trữ hình ảnh"),
    "G30": ("thông tấn", "ảnh tư liệu"),
    "G31": ("vũ trụ, viễn thám", "hải dương học", "đa dạng sinh học"),
    "G32": ("khoa học xã hội", "khảo cổ học", "từ điển, bách khoa thư"),
}
"""Fields of the bodies that have their own; all others work in :data:`FIELDS`."""

TECHNOLOGIES = (
    "trí tuệ nhân tạo", "dữ liệu lớn", "chuỗi khối", "Internet vạn vật", "điện toán đám mây",
    "bản sao số", "thiết bị bay không người lái", "công nghệ sinh học", "vật liệu mới",
    "bán dẫn", "robot và tự động hóa", "mạng 5G", "viễn thám", "định danh và xác thực điện tử",
)  # fmt: skip

PAPERS = (
    "kế hoạch", "đề án", "quy chế", "bộ tiêu chí", "tài liệu hướng dẫn", "chương trình",
    "danh mục dịch vụ", "cơ chế phối hợp", "lộ trình", "khung kiến trúc",
)  # fmt: skip
PAPER_VERBS = (
    "Xây dựng và trình ban hành", "Rà soát, sửa đổi", "Hoàn thiện", "Tham mưu ban hành",
    "Ban hành và phổ biến", "Đánh giá, cập nhật",
)  # fmt: skip
PAPER_PURPOSES = (
    "chia sẻ dữ liệu lĩnh vực {field}",
    "ứng dụng {technology} trong lĩnh vực {field}",
    "phát triển kinh tế số lĩnh vực {field}",
    "bảo đảm an toàn thông tin cho hệ thống lĩnh vực {field}",
    "thử nghiệm có kiểm soát giải pháp {technology}",
    "đặt hàng nhiệm vụ khoa học phục vụ lĩnh vực {field}",
    "khuyến khích cán bộ sáng tạo trong lĩnh vực {field}",
    "quản lý, khai thác tài sản số lĩnh vực {field}",
)

SYSTEM_VERBS = (
    "Xây dựng", "Nâng cấp", "Đưa vào vận hành", "Mở rộng", "Thí điểm", "Hoàn thành kết nối",
)  # fmt: skip
SYSTEMS = (
    "hệ thống thông tin quản lý lĩnh vực {field}",
    "cơ sở dữ liệu lĩnh vực {field}",
    "nền tảng số phục vụ lĩnh vực {field}",
    "kho dữ liệu dùng chung lĩnh vực {field}",
    "trợ lý ảo hỗ trợ nghiệp vụ lĩnh vực {field}",
    "bản đồ số lĩnh vực {field}",
    "trung tâm giám sát, điều hành lĩnh vực {field}",
)
SYSTEM_ENDS = (
    "", "", " trên nền tảng {technology}", ", liên thông với kho dữ liệu quốc gia",
    ", bảo đảm an toàn thông tin theo cấp độ", ", phục vụ chỉ đạo, điều hành theo thời gian thực",
)  # fmt: skip

DATA_VERBS = (
    "Số hóa", "Làm sạch, chuẩn hóa", "Kết nối, chia sẻ", "Công bố mở", "Rà soát, làm giàu",
)  # fmt: skip
DATA_OBJECTS = (
    "hồ sơ lưu trữ lĩnh vực {field}",
    "dữ liệu lĩnh vực {field}",
    "kết quả giải quyết thủ tục hành chính lĩnh vực {field}",
    "bộ dữ liệu chủ lĩnh vực {field}",
)
DATA_ENDS = (
    "", " giai đoạn 2020 - 2025", " theo chuẩn chung", " trước khi sắp xếp đơn vị hành chính",
    " phục vụ dịch vụ công trực tuyến toàn trình",
)  # fmt: skip

TRAINING_VERBS = ("Tổ chức tập huấn", "Bồi dưỡng", "Mở lớp đào tạo", "Phổ cập")
TRAINING = (
    (("kỹ năng số cơ bản", "kỹ năng nhận biết lừa đảo trên mạng", "kỹ năng dùng trợ lý ảo"),
     ("nông dân", "hộ kinh doanh", "người cao tuổi", "đoàn viên, thanh niên", "tiểu thương")),
    (("kỹ năng sử dụng dữ liệu", "kiến thức về {technology}", "kỹ năng an toàn thông tin",
      "nghiệp vụ xử lý hồ sơ điện tử"),
     ("cán bộ, công chức cấp xã", "lãnh đạo cấp phòng", "tổ công nghệ số cộng đồng",
      "viên chức lĩnh vực {field}", "công chức bộ phận một cửa")),
)  # fmt: skip
"""What is taught to whom: the people at large, and those who serve them."""

INFRASTRUCTURE = (
    "Xóa vùng lõm sóng di động tại các thôn, bản đặc biệt khó khăn",
    "Phủ sóng 5G tại khu công nghiệp và trung tâm hành chính",
    "Đưa cáp quang đến toàn bộ nhà văn hóa thôn, tổ dân phố",
    "Kết nối mạng truyền số liệu chuyên dùng đến trụ sở cấp xã",
    "Trang bị điểm truy cập Internet công cộng tại bộ phận một cửa",
    "Chuyển hệ thống thông tin lĩnh vực {field} lên trung tâm dữ liệu tập trung",
    "Lắp đặt trạm quan trắc tự động phục vụ cảnh báo thiên tai",
    "Lắp đặt đường truyền dự phòng cho hệ thống thông tin lĩnh vực {field}",
    "Dùng chung hạ tầng cột, cống bể giữa các doanh nghiệp viễn thông",
)

RESEARCH = (
    "Nghiên cứu làm chủ {technology} phục vụ lĩnh vực {field}",
    "Nghiên cứu, thử nghiệm giải pháp {technology} trong lĩnh vực {field}",
    "Nghiên cứu cơ sở khoa học và thực tiễn phát triển {technology}",
    "Chế tạo thử thiết bị ứng dụng {technology} cho lĩnh vực {field}",
    "Đánh giá tác động của {technology} đối với lĩnh vực {field}",
)
COOPERATION = (
    "Ký kết và triển khai thỏa thuận hợp tác về {technology} với viện, trường trong nước",
    "Hợp tác với đối tác quốc tế chuyển giao {technology} trong lĩnh vực {field}",
    "Phối hợp với doanh nghiệp phát triển giải pháp {technology} cho lĩnh vực {field}",
    "Tham gia mạng lưới quốc tế về {technology}",
)
EVENTS = (
    "Tổ chức Ngày hội chuyển đổi số lĩnh vực {field} năm {year}",
    "Tổ chức hội thảo khoa học về {technology}",
    "Tổ chức cuộc thi sáng kiến {technology} trong lĩnh vực {field}",
    "Tổ chức tuần lễ đổi mới sáng tạo lĩnh vực {field} năm {year}",
)

GROUPS = {
    "paper": "Hoàn thiện thể chế",
    "system": "Chuyển đổi số trong cơ quan nhà nước",
    "data": "Phát triển dữ liệu",
    "training": "Phát triển nhân lực",
    "infrastructure": "Phát triển hạ tầng số",
    "research": "Phát triển khoa học và đổi mới sáng tạo",
    "cooperation": "Tăng cường hợp tác",
    "event": "Nâng cao nhận thức",
}
PRODUCTS = {
    "paper": ("Văn bản được ban hành", "Quyết định phê duyệt", "Tờ trình kèm dự thảo"),
    "system": ("Hệ thống được đưa vào sử dụng", "Biên bản nghiệm thu", "Báo cáo vận hành thử"),
    "data": ("Bộ dữ liệu hoàn chỉnh", "Báo cáo kết quả làm sạch dữ liệu"),
    "training": ("Lớp tập huấn được tổ chức", "Báo cáo kết quả đào tạo"),
    "infrastructure": ("Công trình hoàn thành", "Biên bản bàn giao"),
    "research": ("Báo cáo tổng hợp kết quả nghiên cứu", "Sản phẩm mẫu"),
    "cooperation": ("Thỏa thuận hợp tác", "Báo cáo kết quả hợp tác"),
    "event": ("Sự kiện được tổ chức", "Báo cáo tổng kết sự kiện"),
}
POSITIONS = {
    "ministry": ("Thứ trưởng phụ trách", "Vụ trưởng Vụ Khoa học, Công nghệ", "Chánh Văn phòng",
                 "Cục trưởng Cục Chuyển đổi số"),
    "agency": ("Cấp phó phụ trách", "Chánh Văn phòng", "Trưởng ban Công nghệ"),
    "province": ("Phó Chủ tịch UBND phụ trách", "Giám đốc Sở Khoa học và Công nghệ",
                 "Chánh Văn phòng UBND"),
    "commune": ("Chủ tịch UBND", "Phó Chủ tịch UBND", "Trưởng phòng Văn hóa - Xã hội"),
}  # fmt: skip

RESULTS_OPEN = (
    "Đã thành lập tổ giúp việc, phân công đầu mối và lập tiến độ chi tiết.",
    "Đã hoàn thành dự thảo lần {n}, đang lấy ý kiến {m} đơn vị.",
    "Đã khảo sát {m} đơn vị, tổng hợp nhu cầu và phương án kỹ thuật.",
    "Đang hoàn thiện hồ sơ mời thầu; dự toán đã được thẩm định.",
    "Đã cập nhật {m} bản ghi vào hệ thống, đang đối soát với nguồn gốc.",
    "Đã thí điểm tại {n} đơn vị, kết quả bước đầu đạt yêu cầu.",
    "Đã tổ chức {n} lớp với {m} người tham gia.",
    "Đang kiểm thử, đã khắc phục {m} lỗi được ghi nhận.",
    "Đã tiếp thu {m} ý kiến góp ý, chuẩn bị trình cấp có thẩm quyền.",
    "Đã ký hợp đồng, nhà thầu đang triển khai giai đoạn {n}.",
)
RESULTS_NOT_STARTED = (
    "Chưa triển khai, đang chờ hướng dẫn của cơ quan chủ trì.",
    "Đang xây dựng kế hoạch chi tiết, chưa có sản phẩm.",
    "Đang chờ bố trí kinh phí.",
)
RESULTS_DONE = (
    "Đã hoàn thành, sản phẩm được nghiệm thu và đưa vào sử dụng.",
    "Văn bản đã được ban hành và gửi đến {m} đơn vị.",
    "Hoàn thành toàn bộ nội dung, đã báo cáo cấp có thẩm quyền.",
    "Đã bàn giao và hướng dẫn {m} đơn vị sử dụng.",
)
RESULTS_REOPENED = (
    "Cấp có thẩm quyền yêu cầu bổ sung nội dung, tiếp tục thực hiện.",
    "Sản phẩm chưa đạt khi kiểm tra lại, đang hoàn thiện.",
)
DIFFICULTIES = (
    "Chưa bố trí đủ kinh phí trong năm.",
    "Thiếu nhân lực chuyên trách về công nghệ thông tin ở cấp xã.",
    "Quy định về định mức chưa rõ nên khó lập dự toán.",
    "Dữ liệu cũ không thống nhất sau khi sắp xếp đơn vị hành chính.",
    "Hệ thống của đơn vị chủ quản chưa mở giao diện kết nối.",
    "Thời gian thẩm định kéo dài hơn dự kiến.",
    "Một số địa bàn chưa có điện lưới ổn định để lắp trạm.",
    "Chưa có hướng dẫn về tiêu chuẩn kỹ thuật.",
)
PROPOSALS = (
    "Đề nghị bổ sung kinh phí trong kỳ điều chỉnh gần nhất.",
    "Đề nghị cơ quan chủ quản hướng dẫn cụ thể về tiêu chuẩn dữ liệu.",
    "Kiến nghị cho gia hạn thời gian thực hiện.",
    "Đề nghị ưu tiên biên chế công nghệ thông tin cho cấp xã.",
    "Đề nghị sớm cung cấp giao diện kết nối dùng chung.",
    "Kiến nghị đơn giản hóa thủ tục thẩm định.",
)
FEEDBACK_FIELDS = (
    "Thể chế", "Thủ tục hành chính", "Hạ tầng số", "Dữ liệu", "Nhân lực", "Đổi mới sáng tạo",
    "An toàn thông tin", "Dịch vụ công trực tuyến",
)  # fmt: skip

UNRESOLVABLE = (
    "Địa phương được lựa chọn",
    "Nhóm doanh nghiệp công nghệ số",
    "Tổ công tác liên ngành",
    "Các trường đại học trọng điểm",
)


def compose_title(dice: Dice, kind: str, year: int, organisation: str) -> tuple[str, str]:
    """A title for a task of this kind kept by this organisation, and its sort."""
    by_kind = {"research": RESEARCH, "cooperation": COOPERATION, "event": EVENTS}
    if kind in by_kind:
        sort, text = kind, dice.choice(by_kind[kind])
    else:
        sort = dice.weighted(
            (("paper", 30), ("system", 28), ("data", 18), ("training", 14), ("infrastructure", 10))
        )
        text = _compose_task(dice, sort)
    field = dice.choice(FIELDS_OF.get(organisation, FIELDS))
    return text.format(field=field, technology=dice.choice(TECHNOLOGIES), year=year), sort


def _compose_task(dice: Dice, sort: str) -> str:
    if sort == "paper":
        verb, paper = dice.choice(PAPER_VERBS), dice.choice(PAPERS)
        return f"{verb} {paper} {dice.choice(PAPER_PURPOSES)}"
    if sort == "system":
        return f"{dice.choice(SYSTEM_VERBS)} {dice.choice(SYSTEMS)}{dice.choice(SYSTEM_ENDS)}"
    if sort == "data":
        return f"{dice.choice(DATA_VERBS)} {dice.choice(DATA_OBJECTS)}{dice.choice(DATA_ENDS)}"
    if sort == "training":
        subjects, groups = dice.choice(TRAINING)
        return f"{dice.choice(TRAINING_VERBS)} {dice.choice(subjects)} cho {dice.choice(groups)}"
    return dice.choice(INFRASTRUCTURE)


def compose_result(dice: Dice, parts: tuple[str, ...]) -> str:
    """One sentence of a progress report."""
    return dice.choice(parts).format(n=dice.randint(2, 9), m=dice.randint(12, 480))
