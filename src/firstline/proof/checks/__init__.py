"""The checks that need nothing but the reply and its evidence: pure, one module each.

| check     | blocks when                                                                  |
|-----------|------------------------------------------------------------------------------|
| contract  | the draft is empty, too long, or in another language than the ticket          |
| proof     | a sentence is not proven by the evidence it names                             |
| customer  | the reply holds an identifier of anybody else                                 |
| links     | a link is not https, not on the allow-list, or not in the evidence            |
| forbidden | the reply says something the company never says                               |
| answered  | the reply says nothing but courtesies                                         |
"""

from __future__ import annotations

from collections.abc import Mapping

from firstline.proof.checks.answered import answered
from firstline.proof.checks.contract import contract
from firstline.proof.checks.customer import customer
from firstline.proof.checks.forbidden import forbidden
from firstline.proof.checks.links import allowed_links
from firstline.proof.checks.proven import proven
from firstline.proof.subject import Check

CHECKS: Mapping[str, Check] = {
    "contract": contract,
    "proof": proven,
    "customer": customer,
    "links": allowed_links,
    "forbidden": forbidden,
    "answered": answered,
}
"""In the order they run; the order decides only which finding is read first."""
