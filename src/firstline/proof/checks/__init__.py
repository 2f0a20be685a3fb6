"""The checks that need nothing but the reply and its evidence: pure, one module each.

| check     | blocks when                                                                  |
|-----------|------------------------------------------------------------------------------|
| contract  | the draft is empty, unfinished, too long, or in another language              |
| proof     | a sentence is not proven by the evidence it names                             |
| customer  | the reply holds an identifier of anybody else                                 |
| links     | the reply is no plain text, or has a link or address that no evidence gives   |
| injection | (warns) history or evidence gives orders to an assistant                      |
| private   | the reply holds a secret, own data nothing calls for, or a canary             |
| forbidden | the reply says something the company never says                               |
| policy    | a rule of policies.yaml keeps it: not eligible, a statement missing           |
| promises  | it promises what nobody owns, or too soon                                     |
| answered  | the reply answers nothing; (warns) a request or a name is passed over         |
| tone      | it swears, insults, mocks or blames; (warns) other manners                    |
| agreement | (warns) rules and writer disagree on who answers                              |
"""

from __future__ import annotations

from collections.abc import Mapping

from firstline.proof.checks.agreement import agreement
from firstline.proof.checks.answered import answered
from firstline.proof.checks.contract import contract
from firstline.proof.checks.customer import customer
from firstline.proof.checks.forbidden import forbidden
from firstline.proof.checks.injected import injected
from firstline.proof.checks.links import allowed_links
from firstline.proof.checks.policy import policy
from firstline.proof.checks.private import private
from firstline.proof.checks.promises import promises
from firstline.proof.checks.proven import proven
from firstline.proof.checks.tone import tone
from firstline.proof.subject import Check

CHECKS: Mapping[str, Check] = {
    "contract": contract,
    "proof": proven,
    "customer": customer,
    "private": private,
    "links": allowed_links,
    "injection": injected,
    "forbidden": forbidden,
    "policy": policy,
    "promises": promises,
    "answered": answered,
    "tone": tone,
    "agreement": agreement,
}
"""In the order they run; the order decides only which finding is read first."""
