"""Problems of templates as sentences for the person who uploads one."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.workbook_templates.package import Problem

_TEXTS: dict[str, Promise] = {
    "no_workbook": _("This file is no Excel workbook (.xlsx), or it is damaged."),
    "encrypted": _("The file is protected by a password. Remove the password and save it again."),
    "too_large": _("The file has %(0)s kB, the limit is %(1)s kB."),
    "unpacked_too_large": _("The file takes more than %(0)s MB when it is unpacked."),
    "too_many_parts": _("The file has more than %(0)s parts, or two parts of the same name."),
    "bad_xml": _("The file cannot be read: %(0)s."),
    "macros": _("The file contains macros. Save it as a workbook without macros (.xlsx)."),
    "external_link": _("The file refers to other workbooks. Remove the links (in Excel: Data, Edit links)."),
    "connection": _("The file contains a data connection or query. Remove it and save the file again."),
    "embedded": _("The file contains an embedded object or a control. Remove it."),
    "outside": _("The file refers to something outside of it: %(0)s. Only links to web pages and mail may."),
    "nothing": _("The file has no placeholder and no range with a name of a report. Nothing would be filled in."),
    "unknown": _("“%(0)s” is no name of a report."),
    "unknown_near": _("“%(0)s” is no name of a report. Did you mean “%(1)s”?"),
    "column_in_text": _("“%(0)s” is a column of a table. It must stand alone in its cell."),
    "in_formula": _("“%(0)s” stands in a formula. Put it into a cell of its own and refer to that cell."),
    "bad_formula": _("The formula reads from outside the workbook, or cannot be read: %(0)s."),
    "formula_in_place": _("A formula stands where a table is filled in (%(0)s)."),
    "side_by_side": _(
        "Two tables share rows: this one and %(0)s. Put them below each other or on sheets of their own."
    ),
    "cannot_grow": _("The table gets longer here, and %(0)s (%(1)s) cannot move with it."),
}
_IN_THE_WAY: dict[str, Promise] = {
    "merged": _("merged cells"),
    "page_break": _("a page break"),
    "newer_rule": _("a conditional format or sparkline of newer Excels"),
    "drawing": _("a picture or chart"),
    "table": _("an Excel table"),
    "pivotTable": _("a pivot table"),
    "comment": _("a comment"),
    "chart": _("the source of a chart"),
    "shared_formula": _("a formula of several cells"),
}


def problem_text(problem: Problem) -> str:
    """Return the sentence for a problem, without its cell."""
    values = {str(index): value for index, value in enumerate(problem.values)}
    if problem.code == "cannot_grow":
        values["0"] = str(_IN_THE_WAY[problem.values[0]])
    return str(_TEXTS[problem.code]) % values
