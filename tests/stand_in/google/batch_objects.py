"""batchUpdate requests about what lies over cells: filters, charts, conditional formats, bands."""

from __future__ import annotations

from typing import Any

from tests.stand_in.google import calc, masks
from tests.stand_in.google.book import Book, Sheet
from tests.stand_in.google.errors import Refused
from tests.stand_in.google.sheets_read import clean

Json = dict[str, Any]


def _unhide(sheet: Sheet) -> None:
    for props in sheet.grid.row_axis.props.values():
        props.pop("hiddenByFilter", None)


def set_filter(book: Book, body: Json) -> Json:
    wanted = body.get("filter") or {}
    sheet = book.area(wanted.get("range"))[0]
    _unhide(sheet)
    sheet.basic_filter = {k: v for k, v in wanted.items() if v is not None}
    apply_filter(book, sheet)
    return {}


def criteria_of(basic_filter: Json) -> dict[int, Json]:
    """Column index → FilterCriteria, from either of the two ways to give them."""
    found = {int(column): criteria for column, criteria in (basic_filter.get("criteria") or {}).items()}
    for spec in basic_filter.get("filterSpecs") or []:
        found[spec.get("columnIndex") or 0] = spec.get("filterCriteria") or {}
    return found


def apply_filter(book: Book, sheet: Sheet) -> None:
    """Hide the rows below the header that the criteria leave out."""
    if sheet.basic_filter is None:
        return
    _, row0, row1, _, _ = book.area(sheet.basic_filter.get("range"), strict=False)
    for column, criteria in criteria_of(sheet.basic_filter).items():
        hidden = set(criteria.get("hiddenValues") or [])
        for row in range(row0 + 1, min(row1, len(sheet.grid.rows))):
            slot = sheet.grid.get(row, column)
            fmt = getattr(slot, "fmt", None)
            if calc.shown(calc.value_of(book, sheet, row, column), fmt) in hidden:
                sheet.grid.row_axis.at(row)["hiddenByFilter"] = True


def clear_filter(book: Book, body: Json) -> Json:
    sheet = book.sheet(body.get("sheetId"))
    sheet.basic_filter = None
    _unhide(sheet)
    return {}


def _object(book: Book, list_name: str, id_name: str, object_id: Any, noun: str) -> tuple[list[Json], Json]:
    for sheet in book.sheets:
        for item in sheet.objects.get(list_name) or []:
            if item.get(id_name) == object_id:
                return sheet.listed(list_name), item
    raise Refused(f"No {noun} with id: {object_id}")


def add_view(book: Book, body: Json) -> Json:
    wanted = body.get("filter") or {}
    views = book.area(wanted.get("range"))[0].listed("filterViews")
    view = {**wanted, "filterViewId": wanted.get("filterViewId") or book.new_id()}
    view.setdefault("title", f"Filter {len(views) + 1}")
    views.append(view)
    return {"filter": clean(view)}


def update_view(book: Book, body: Json) -> Json:
    wanted = body.get("filter") or {}
    _, view = _object(book, "filterViews", "filterViewId", wanted.get("filterViewId"), "filter view")
    view.update(masks.update(view, wanted, body["fields"]))
    return {}


def delete_view(book: Book, body: Json) -> Json:
    views, view = _object(book, "filterViews", "filterViewId", body.get("filterId"), "filter view")
    views.remove(view)
    return {}


def _chart(book: Book, chart_id: Any) -> tuple[Sheet, Json]:
    for sheet in book.sheets:
        for chart in sheet.charts:
            if chart["chartId"] == chart_id:
                return sheet, chart
    raise Refused(f"No chart with id: {chart_id}")


def _position(book: Book, position: Json) -> tuple[Sheet, Json]:
    overlay = position.get("overlayPosition")
    if not overlay:
        raise Refused("chart.position must be an overlay position (the only one this server keeps).")
    anchor = overlay.get("anchorCell") or {}
    sheet = book.sheet(anchor.get("sheetId"))
    size = {"widthPixels": 600, "heightPixels": 371}
    return sheet, {"overlayPosition": {"anchorCell": {}, **size, **overlay}}


def add_chart(book: Book, body: Json) -> Json:
    wanted = body.get("chart") or {}
    spec = wanted.get("spec") or {}
    kinds = [name for name in spec if name.endswith("Chart")]
    if not kinds:
        raise Refused("chart.spec: No chart type specified.")
    sheet, position = _position(book, wanted.get("position") or {})
    chart_id = wanted.get("chartId")
    if any(chart["chartId"] == chart_id for s in book.sheets for chart in s.charts):
        raise Refused(f"An embedded object with id {chart_id} already exists.")
    chart = {"chartId": chart_id or book.new_id(), "spec": spec, "position": position}
    sheet.charts.append(chart)
    return {"chart": clean(chart)}


def update_chart(book: Book, body: Json) -> Json:
    _, chart = _chart(book, body.get("chartId"))
    chart["spec"] = body.get("spec") or {}
    return {}


def _object_of(book: Book, object_id: Any) -> tuple[list[Json], Json]:
    for sheet in book.sheets:
        for items, name in ((sheet.charts, "chartId"), (sheet.objects.get("slicers") or [], "slicerId")):
            for item in items:
                if item[name] == object_id:
                    return items, item
    raise Refused(f"No embedded object with id: {object_id}")


def move_object(book: Book, body: Json) -> Json:
    items, item = _object_of(book, body.get("objectId"))
    wanted = (body.get("newPosition") or {}).get("overlayPosition") or {}
    mask = masks.parse(body.get("fields"))
    overlay = masks.update(item["position"]["overlayPosition"], wanted, mask)
    sheet, item["position"] = _position(book, {"overlayPosition": overlay})
    if "chartId" in item and items is not sheet.charts:
        items.remove(item)
        sheet.charts.append(item)
    return {"position": clean(item["position"])}


def delete_object(book: Book, body: Json) -> Json:
    items, item = _object_of(book, body.get("objectId"))
    items.remove(item)
    return {}


def _rules(book: Book, body: Json) -> list[Json]:
    ranges = (body.get("rule") or {}).get("ranges") or []
    sheet_id = ranges[0].get("sheetId") if ranges else body.get("sheetId")
    for grid_range in ranges:
        book.area(grid_range, strict=False)
    return book.sheet(sheet_id).listed("conditionalFormats")


def add_rule(book: Book, body: Json) -> Json:
    rules = _rules(book, body)
    rules.insert(body.get("index") or 0, body.get("rule") or {})
    return {}


def _rule_at(rules: list[Json], index: int) -> int:
    if not 0 <= index < len(rules):
        raise Refused(f"No conditional format on sheet at index: {index}")
    return index


def update_rule(book: Book, body: Json) -> Json:
    rules = _rules(book, body)
    index = _rule_at(rules, body.get("index") or 0)
    old = rules[index]
    if body.get("rule"):
        rules[index] = body["rule"]
        return {"oldRule": clean(old), "newRule": clean(body["rule"])} | (
            {"newIndex": index} if index else {}
        )
    rules.insert(body.get("newIndex") or 0, rules.pop(index))
    moved = {"oldIndex": index, "newIndex": body.get("newIndex") or 0}
    return {"newRule": clean(old)} | {k: v for k, v in moved.items() if v}


def delete_rule(book: Book, body: Json) -> Json:
    rules = _rules(book, body)
    return {"rule": clean(rules.pop(_rule_at(rules, body.get("index") or 0)))}


def add_banding(book: Book, body: Json) -> Json:
    wanted = body.get("bandedRange") or {}
    bands = book.area(wanted.get("range"))[0].listed("bandedRanges")
    bands.append({**wanted, "bandedRangeId": wanted.get("bandedRangeId") or book.new_id()})
    return {"bandedRange": clean(bands[-1])}


def update_banding(book: Book, body: Json) -> Json:
    wanted = body.get("bandedRange") or {}
    _, band = _object(book, "bandedRanges", "bandedRangeId", wanted.get("bandedRangeId"), "banding")
    band.update(masks.update(band, wanted, body["fields"]))
    return {}


def delete_banding(book: Book, body: Json) -> Json:
    bands, band = _object(book, "bandedRanges", "bandedRangeId", body.get("bandedRangeId"), "banding")
    bands.remove(band)
    return {}


OBJECTS = {
    "setBasicFilter": set_filter,
    "clearBasicFilter": clear_filter,
    "addFilterView": add_view,
    "updateFilterView": update_view,
    "deleteFilterView": delete_view,
    "addChart": add_chart,
    "updateChartSpec": update_chart,
    "updateEmbeddedObjectPosition": move_object,
    "deleteEmbeddedObject": delete_object,
    "addConditionalFormatRule": add_rule,
    "updateConditionalFormatRule": update_rule,
    "deleteConditionalFormatRule": delete_rule,
    "addBanding": add_banding,
    "updateBanding": update_banding,
    "deleteBanding": delete_banding,
}
