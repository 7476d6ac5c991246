"""The dashboard of `headwater serve`: pages made here, a little htmx, nothing loaded from elsewhere.

A page is added in four steps:

1. `app/dashboard/NAME.py` with `router = APIRouter(dependencies=SIGNED_IN)`: then all its routes answer only sessions
   whose key may read, and check of what is not a GET that it comes from a page of ours, with its token. A route that
   wants to know who asks takes `visit: Visit`; one that changes something takes `visit: Administering` (its key may
   also administer) and `fields: Fields` (what the form sent). `home: Home` is what a page stands on: `home.node`, and
   `home.reports.latest()`, the freshness report that all share; `home.reports.renewed()` is one from now on.
2. `templates/NAME.html` extends `base.html`; the route answers `render(request, "NAME.html", ...)`. Every form that
   posts has `{{ token(session) }}` of `parts.html`. No script, style or style attribute in a page: the policy allows
   none. `document_address(source, id)` and `documents_address(source=...)` link to documents.
3. A POST ends in `went(visit, "what was done", "/PATH")`, so that loading the page again does nothing twice, after it
   was noted: `note(home.node.opened.ledger, visit.key.id, "what", "to what")`.
4. A line in `application.ROUTERS`, and in `frame.TABS` where it has a place in the menu.

`visit.key` says whose principals count for what a document contains. Tests: `tests/dashboard/conftest.py` has a served
project with something of everything (`served`), and browsers that are signed in (`reader`, `administrator`).

`static/htmx-2.0.11.min.js` is `dist/htmx.min.js` of the package `htmx.org` as it is (0BSD, its licence is beside it).
"""
