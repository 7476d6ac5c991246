"""What a click opens: the panels of tabs and accordions, and what they are called."""

import re

from bs4 import Tag

from headwater.parsing.html_tree import HEADINGS, ancestors, attr, child_tags, words

_NEVER_TEXT = words("dialog alertdialog menu menubar tooltip listbox status alert combobox search")
_NEVER_NAMED = re.compile(
    r"(?:^|[\s_-])(?:modal|popover|dropdown|tooltip|menu|nav|navbar|toast|copy)(?=[\s_-]|$)", re.I
)
_UNFOLDS = re.compile(r"accordion|collaps|toggle|expand|faq|disclosure|spoiler", re.I)
_TAB_TOGGLES = frozenset(("tab", "pill"))
_SAYS_NOTHING = re.compile(
    r"(?:(?:show|read|see|view|load)\s+(?:\w+\s+)?(?:more|less|all|details|code|answer)|more|less|expand(?:\s+\w+)?|"
    r"collapse(?:\s+\w+)?|open|close|toggle.*|details|copy.*|\W*)",
    re.I,
)
_HEADED = HEADINGS | frozenset(("summary", "dt"))


class Controls:
    """Tabs and buttons of a page that readers see, in document order, and the panels they open."""

    def __init__(self) -> None:
        self.names: dict[int, Tag] = {}
        """The control (a tab, or a button outside of headings) of a panel, by `id()` of the panel."""
        self.used: set[int] = set()
        """Controls (by `id()`) that are told as the name of their panel, and so not where they stand."""
        self._by_target: dict[str, Tag] = {}
        self._by_id: dict[str, Tag] = {}
        self._waiting: list[Tag] = []
        self._tabs = False

    def see(self, tag: Tag) -> None:
        """Remember a control that is met, or name a panel."""
        role = attr(tag, "role")
        if role == "tab":
            self._tabs = True
            self._waiting.append(tag)
            if "id" in tag.attrs:
                self._by_id[attr(tag, "id")] = tag
        elif role == "tablist":
            self._tabs = True
            self._waiting.clear()
        for target in _targets(tag, role):
            self._by_target.setdefault(target, tag)

    def arrive(self, tag: Tag) -> None:
        """Name the panel by its control, if it is one."""
        control = self._by_target.get(attr(tag, "id")) if self._by_target else None
        if control is None and attr(tag, "role") == "tabpanel":
            control = self._by_id.get(attr(tag, "aria-labelledby").strip())
            if control is None and self._waiting:
                control = self._waiting[0]
        if control is None or id(control) in self.used or control is tag:
            return
        if control in self._waiting:
            self._waiting.remove(control)
        if not _is_headed(control) and not _SAYS_NOTHING.fullmatch(" ".join(control.get_text(" ").split())):
            self.names[id(tag)] = control
            self.used.add(id(control))

    def opens(self, tag: Tag) -> bool:
        """Whether a reader can open this hidden element with a control that was seen."""
        role = attr(tag, "role")
        if role in _NEVER_TEXT or tag.name == "dialog" or "popover" in tag.attrs:
            return False
        if _NEVER_NAMED.search(attr(tag, "class")):
            return False
        if (self._tabs and role == "tabpanel") or attr(tag, "hidden").lower() == "until-found":
            return True
        return attr(tag, "id") in self._by_target or _follows_trigger(tag)


def _targets(tag: Tag, role: str) -> list[str]:
    targets = attr(tag, "aria-controls").split()
    toggles = attr(tag, "data-toggle") or attr(tag, "data-bs-toggle")
    if toggles in ("dropdown", "modal", "tooltip", "popover") or "aria-haspopup" in tag.attrs:
        return []
    if toggles or role in ("tab", "button") or "aria-expanded" in tag.attrs:
        for name in ("data-target", "data-bs-target", "href"):
            if attr(tag, name).startswith("#"):
                targets.append(attr(tag, name)[1:])
    return [target for target in targets if target]


def _is_headed(control: Tag) -> bool:
    """Whether it stands in a heading, which says its name already."""
    if control.name in _HEADED or any(child.name in HEADINGS for child in child_tags(control)):
        return True
    return next(ancestors(control, _HEADED, most=8), None) is not None


def _follows_trigger(tag: Tag) -> bool:
    """Whether what stands before the element is made to unfold it."""
    before = tag.previous_sibling
    while before is not None and not isinstance(before, Tag):
        before = before.previous_sibling
    if before is None or tag.name in ("span", "i", "b", "em", "a", "button"):
        return False
    near = [before, *child_tags(before)]
    if any("aria-expanded" in one.attrs for one in near):
        return True
    buttons = any(one.name == "button" or attr(one, "role") == "button" for one in near)
    names = " ".join(attr(one, "class") for one in (before, tag))
    return buttons and _UNFOLDS.search(names) is not None
