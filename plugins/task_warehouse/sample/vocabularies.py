"""Headers and code words as the systems of different bodies write them."""

from __future__ import annotations

import unicodedata

FULL: dict[str, dict[str, str]] = {
    "documents": {
        "document_code": "Số, ký hiệu văn bản", "issued_on": "Ngày ban hành",
        "issuer": "Cơ quan ban hành", "title": "Trích yếu",
        "parent_document_code": "Văn bản căn cứ", "programme": "Chương trình",
        "secrecy": "Độ mật",
    },
    "tasks": {
        "task_code": "Mã nhiệm vụ", "title": "Tên nhiệm vụ", "kind": "Loại nhiệm vụ",
        "group_name": "Nhóm nhiệm vụ", "document_code": "Văn bản giao",
        "parent_task_code": "Nhiệm vụ cấp trên", "lead": "Cơ quan chủ trì",
        "cooperating": "Cơ quan phối hợp", "responsible_position": "Chức danh chịu trách nhiệm",
        "assigned_on": "Ngày giao", "deadline": "Thời hạn", "product": "Sản phẩm",
        "priority": "Mức ưu tiên", "secrecy": "Độ mật", "updated_at": "Thời điểm cập nhật",
    },
    "progress": {
        "task_code": "Mã nhiệm vụ", "reported_on": "Ngày báo cáo",
        "percent_complete": "Tỷ lệ hoàn thành", "status_reported": "Trạng thái nguồn báo",
        "completed_on": "Ngày hoàn thành", "evidence": "Văn bản, sản phẩm chứng minh",
        "result": "Kết quả", "difficulty": "Khó khăn, vướng mắc",
        "proposal": "Đề xuất, kiến nghị", "extension_to": "Gia hạn đến",
        "approval_state": "Trạng thái phê duyệt", "updated_at": "Thời điểm cập nhật",
    },
    "indicators": {
        "indicator_code": "Mã chỉ tiêu", "name": "Tên chỉ tiêu", "unit": "Đơn vị tính",
        "better": "Chiều tốt hơn", "target_operator": "Dấu so sánh", "target_low": "Mục tiêu từ",
        "target_high": "Mục tiêu đến", "target_text": "Mục tiêu như đã in",
        "target_on": "Mốc thời gian", "baseline": "Giá trị gốc", "baseline_on": "Thời điểm gốc",
        "lead": "Cơ quan theo dõi", "document_code": "Văn bản giao", "frequency": "Kỳ báo cáo",
        "kind": "Loại số liệu", "formula": "Công thức",
    },
    "indicator_values": {
        "indicator_code": "Mã chỉ tiêu", "organisation": "Cơ quan báo cáo",
        "period": "Kỳ số liệu", "value": "Giá trị", "breakdown": "Phân tổ",
        "state": "Tình trạng số liệu", "note": "Ghi chú",
    },
    "feedback": {
        "feedback_code": "Mã phản ánh, kiến nghị", "kind": "Loại",
        "received_on": "Ngày tiếp nhận", "sender_kind": "Đối tượng gửi", "field": "Lĩnh vực",
        "assigned_to": "Cơ quan xử lý", "due_on": "Hạn xử lý", "state": "Trạng thái",
        "answered_on": "Ngày trả lời", "published": "Đã công khai",
    },
    "control_totals": {"dataset": "Tập dữ liệu", "measure": "Chỉ số", "value": "Giá trị"},
}  # fmt: skip
"""Datasets in processing order, their canonical columns, and the full Vietnamese header."""

SHORT = {
    "task_code": "Mã NV", "title": "Tên NV", "kind": "Loại NV", "group_name": "Nhóm NV",
    "document_code": "Số/Ký hiệu VB", "parent_task_code": "Mã NV cha", "lead": "ĐV chủ trì",
    "cooperating": "ĐV phối hợp", "responsible_position": "Chức vụ PT",
    "assigned_on": "Ngày giao NV", "deadline": "Hạn HT", "product": "SP đầu ra",
    "priority": "Ưu tiên", "secrecy": "Độ mật", "updated_at": "Cập nhật",
    "reported_on": "Ngày BC", "percent_complete": "% HT", "status_reported": "TT thực hiện",
    "completed_on": "Ngày HT", "evidence": "Minh chứng", "result": "KQ thực hiện",
    "difficulty": "KK, VM", "proposal": "ĐX, KN", "extension_to": "Gia hạn",
    "approval_state": "TT duyệt", "issued_on": "Ngày BH", "issuer": "CQ ban hành",
    "parent_document_code": "VB cấp trên", "programme": "CT/ĐA", "indicator_code": "Mã CT",
    "organisation": "ĐV báo cáo", "period": "Kỳ BC", "value": "Giá trị", "breakdown": "Phân tổ",
    "state": "TT", "note": "GC", "feedback_code": "Mã PAKN", "received_on": "Ngày TN",
    "sender_kind": "ĐT gửi", "field": "LV", "assigned_to": "ĐV xử lý", "due_on": "Hạn XL",
    "answered_on": "Ngày TL", "published": "CK", "dataset": "Bảng", "measure": "Chỉ số",
}  # fmt: skip

CAMEL = {
    "task_code": "maNhiemVu", "title": "tenNhiemVu", "kind": "loai", "group_name": "nhom",
    "document_code": "soKyHieu", "parent_task_code": "maNhiemVuCha", "lead": "donViChuTri",
    "cooperating": "donViPhoiHop", "responsible_position": "chucVuPhuTrach",
    "assigned_on": "ngayGiao", "deadline": "hanHoanThanh", "product": "sanPham",
    "priority": "mucUuTien", "secrecy": "doMat", "updated_at": "ngayCapNhat",
    "reported_on": "ngayBaoCao", "percent_complete": "tyLeHoanThanh",
    "status_reported": "trangThai", "completed_on": "ngayHoanThanh", "evidence": "minhChung",
    "result": "ketQua", "difficulty": "khoKhan", "proposal": "deXuat", "extension_to": "giaHanDen",
    "approval_state": "trangThaiDuyet", "issued_on": "ngayBanHanh", "issuer": "coQuanBanHanh",
    "parent_document_code": "vanBanCha", "programme": "chuongTrinh",
    "indicator_code": "maChiTieu", "organisation": "maDonVi", "period": "kyDuLieu",
    "value": "giaTri", "breakdown": "phanTo", "state": "tinhTrang", "note": "ghiChu",
    "feedback_code": "maPhanAnh", "received_on": "ngayTiepNhan", "sender_kind": "doiTuongGui",
    "field": "linhVuc", "assigned_to": "donViXuLy", "due_on": "hanXuLy",
    "answered_on": "ngayTraLoi", "published": "congKhai", "dataset": "bang", "measure": "chiSo",
    "name": "tenChiTieu", "unit": "donViTinh", "better": "chieu", "target_operator": "dauSoSanh",
    "target_low": "mucTieuTu", "target_high": "mucTieuDen", "target_text": "mucTieu",
    "target_on": "mocThoiGian", "baseline": "giaTriGoc", "baseline_on": "thoiDiemGoc",
    "frequency": "tanSuat", "formula": "congThuc",
}  # fmt: skip

MERGED = {  # first row of a merged header, for the columns that stand under one
    "lead": "Trách nhiệm", "cooperating": "Trách nhiệm", "responsible_position": "Trách nhiệm",
    "assigned_on": "Thời gian", "deadline": "Thời gian",
    "percent_complete": "Tiến độ", "status_reported": "Tiến độ", "completed_on": "Tiến độ",
    "difficulty": "Vướng mắc", "proposal": "Vướng mắc",
    "received_on": "Xử lý", "due_on": "Xử lý", "answered_on": "Xử lý",
}  # fmt: skip


def plain(text: str) -> str:
    """The text without diacritics, as old software writes headers."""
    stripped = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in stripped if not unicodedata.combining(char))


def header_of(style: str, dataset: str, column: str) -> str:
    """The header of a canonical column in one of the styles full, short, plain, camel, merged.

    In style merged the upper and the lower row are joined by `` / ``, as the reader gives them.
    """
    full = FULL[dataset][column]
    if dataset == "documents" and column == "title":
        return {"camel": "trichYeu", "plain": plain(full)}.get(style, full)
    if style == "short":
        return SHORT.get(column, full)
    if style == "camel":
        return CAMEL[column]
    if style == "plain":
        return plain(full)
    if style == "merged" and column in MERGED and dataset in ("tasks", "progress", "feedback"):
        return f"{MERGED[column]} / {full}"
    return full


_STATUS = {
    "words": {
        "not_started": "Chưa thực hiện", "open_in_term": "Chưa hoàn thành - trong hạn",
        "open_overdue": "Chưa hoàn thành - quá hạn",
        "open_undated": "Chưa hoàn thành - không có thời hạn",
        "completed_on_time": "Hoàn thành đúng hạn", "completed_late": "Hoàn thành quá hạn",
        "completed_undated": "Hoàn thành - không có thời hạn",
        "awaiting_confirmation": "Chờ xác nhận", "suspended": "Tạm hoãn",
        "returned": "Thực hiện lại",
    },
    "joined": {
        "not_started": "chuathuchien", "open_in_term": "chuahoanthanh_tronghan",
        "open_overdue": "chuahoanthanh_quahan", "open_undated": "chuahoanthanh_khonghan",
        "completed_on_time": "dahoanthanh_tronghan", "completed_late": "dahoanthanh_quahan",
        "completed_undated": "dahoanthanh_khonghan", "awaiting_confirmation": "choxacnhan",
        "suspended": "tamhoan", "returned": "thuchienlai",
    },
    "english": {
        "not_started": "NOT_STARTED", "open_in_term": "IN_PROGRESS_ON_TIME",
        "open_overdue": "IN_PROGRESS_LATE", "open_undated": "IN_PROGRESS_ON_TIME",
        "completed_on_time": "COMPLETED_ON_TIME", "completed_late": "COMPLETED_LATE",
        "completed_undated": "COMPLETED_ON_TIME", "awaiting_confirmation": "PENDING_APPROVAL",
        "suspended": "ON_HOLD", "returned": "REDO",
    },
    "letters": {
        "not_started": "CTH", "open_in_term": "DTH_TH", "open_overdue": "DTH_QH",
        "open_undated": "DTH_KH", "completed_on_time": "DA_HT", "completed_late": "DA_HT_QH",
        "completed_undated": "DA_HT_KH", "awaiting_confirmation": "CXN", "suspended": "TH",
        "returned": "LL",
    },
}  # fmt: skip

_KIND = {
    "words": {"task": "Nhiệm vụ", "research": "Nhiệm vụ nghiên cứu", "cooperation": "Hợp tác",
              "event": "Sự kiện"},
    "letters": {"task": "NV", "research": "NC", "cooperation": "HT", "event": "SK"},
}  # fmt: skip
_SECRECY = {
    "normal": "Thường", "internal": "Lưu hành nội bộ", "confidential": "Mật", "secret": "Tối mật",
}  # fmt: skip
_FEEDBACK_KIND = {
    "feedback": "Phản ánh", "recommendation": "Kiến nghị", "initiative": "Sáng kiến",
    "solution": "Giải pháp",
}  # fmt: skip
_FEEDBACK_STATE = {
    "received": "Đã tiếp nhận", "in_progress": "Đang xử lý", "answered": "Đã trả lời",
    "forwarded": "Đã chuyển cơ quan thẩm quyền", "refused": "Không tiếp nhận",
}  # fmt: skip
_APPROVAL = {
    "approved": "Đã phê duyệt", "submitted": "Chờ phê duyệt", "returned": "Trả lại",
}  # fmt: skip
_SENDER = {
    "citizen": "Cá nhân", "official": "Cán bộ, công chức, viên chức", "business": "Doanh nghiệp",
    "organisation": "Cơ quan hoặc tổ chức",
}  # fmt: skip
_STATE = {"provisional": "Sơ bộ", "final": "Chính thức", "revised": "Điều chỉnh"}
_BETTER = {"higher": "Càng cao càng tốt", "lower": "Càng thấp càng tốt"}
_FREQUENCY = {"monthly": "Hằng tháng", "quarterly": "Hằng quý", "yearly": "Hằng năm"}
_VALUE_KIND = {"cumulative": "Lũy kế", "discrete": "Trong kỳ"}
_YES_NO = {"true": "Có", "false": "Không"}

STYLES = tuple(_STATUS)
KNOWN_BY_DEFAULT = ("words", "joined")


def words_of(style: str, dataset: str) -> dict[str, dict[str, str]]:
    """By coded column of a dataset: canonical code to the word this vocabulary uses."""
    kind = _KIND.get(style, _KIND["words"])
    return {
        "documents": {"secrecy": _SECRECY},
        "tasks": {"kind": kind, "secrecy": _SECRECY},
        "progress": {"status_reported": _STATUS[style], "approval_state": _APPROVAL},
        "indicators": {"better": _BETTER, "frequency": _FREQUENCY, "kind": _VALUE_KIND},
        "indicator_values": {"state": _STATE},
        "feedback": {"kind": _FEEDBACK_KIND, "state": _FEEDBACK_STATE, "sender_kind": _SENDER,
                     "published": _YES_NO},
        "control_totals": {},
    }[dataset]  # fmt: skip


def declared_values(style: str, dataset: str) -> dict[str, dict[str, str]]:
    """The value maps a source file must declare: words that no default can know."""
    declared: dict[str, dict[str, str]] = {}
    for column, words in words_of(style, dataset).items():
        if style in KNOWN_BY_DEFAULT or words not in (_STATUS[style], _KIND.get(style)):
            continue
        back: dict[str, str] = {}
        for code, word in words.items():
            back.setdefault(word, code)
        declared[column] = back
    return declared
