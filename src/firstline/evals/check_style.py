"""How the page of examined replies looks: light and dark, on a phone and on paper."""

from typing import Final

STYLE: Final = """\
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --page: #f6f7f8; --card: #fff;
  --line: #d9dee3; --good: #17703c; --good-back: #e6f4ea; --bad: #a11d24; --bad-back: #fdeaea;
  --mark: #ffe58a; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa6b1; --page: #14181c;
  --card: #1c2228; --line: #323b44; --good: #7fd6a0; --good-back: #17301f; --bad: #ff9c9c;
  --bad-back: #3a1c1f; --mark: #6b5a12; --link: #8dc0ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
h3 { font-size: .85rem; margin: 0; color: var(--soft); font-weight: 600; }
a { color: var(--link); }
mark { background: var(--mark); color: inherit; border-radius: .2rem; }
.totals { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1rem; }
.totals div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .4rem .8rem; }
.totals dt { font-size: .8rem; color: var(--soft); } .totals dd { margin: 0; font-weight: 600; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .15rem .75rem .15rem 0;
  border-bottom: 1px solid var(--line); font-weight: 400; }
.codes { margin-bottom: 1rem; } .codes thead th { color: var(--soft); }
.codes td + td { text-align: right; }
nav ol { display: flex; flex-wrap: wrap; gap: .3rem; padding: 0; list-style: none;
  max-height: 9rem; overflow: auto; }
nav a { display: block; padding: .1rem .5rem; border-radius: .4rem; text-decoration: none;
  font-size: .85rem; border: 1px solid var(--line); }
nav a.pass { color: var(--good); } nav a.block { color: var(--bad); background: var(--bad-back); }
.reply { background: var(--card); border: 1px solid var(--line); border-left: .4rem solid;
  border-radius: .5rem; padding: 1rem; margin: 0 0 1.25rem; }
.reply.pass { border-left-color: var(--good); } .reply.block { border-left-color: var(--bad); }
.verdict { text-transform: uppercase; font-size: .8rem; letter-spacing: .05em; }
.pass .verdict { color: var(--good); } .block .verdict { color: var(--bad); }
.label { font-size: .8rem; font-weight: 400; color: var(--soft); }
.label.differs { color: var(--bad); }
.question { color: var(--soft); border-left: .2rem solid var(--line); padding-left: .6rem;
  margin: 0 0 .75rem; white-space: pre-wrap; }
.sentence { position: relative; margin: 0 0 .35rem; padding: .3rem .6rem; border-radius: .4rem;
  border-left: .25rem solid var(--line); }
.sentence .text { white-space: pre-wrap; unicode-bidi: isolate; }
.proven { background: var(--good-back); border-left-color: var(--good); }
.unproven { background: var(--bad-back); border-left-color: var(--bad); }
.how { font-size: .75rem; color: var(--soft); white-space: nowrap; }
.proven .how { color: var(--good); } .unproven .how, .why { color: var(--bad); }
.why { display: block; font-size: .85rem; }
.tip { display: none; position: absolute; z-index: 2; left: .5rem; right: .5rem; top: 100%;
  background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem;
  box-shadow: 0 .3rem 1rem rgb(0 0 0 / .25); font-size: .85rem; max-height: 18rem;
  overflow: auto; }
.sentence:hover .tip, .sentence:focus .tip, .sentence:focus-within .tip { display: block; }
.excerpt { display: block; white-space: pre-wrap; unicode-bidi: isolate; }
.excerpt + .excerpt { margin-top: .5rem; border-top: 1px solid var(--line); padding-top: .5rem; }
.findings { color: var(--soft); font-size: .9rem; padding-left: 1.2rem; }
.evidence { margin-top: .75rem; border-top: 1px solid var(--line); }
article { padding: .5rem 0; } article:target { outline: 2px solid var(--link); }
.body { max-height: 14rem; overflow: auto; font-size: .9rem; }
.body .text { margin: .25rem 0; white-space: pre-wrap; unicode-bidi: isolate; }
.none { color: var(--soft); font-size: .9rem; }
@media (max-width: 34rem) { body { padding: .5rem; } .reply { padding: .7rem; }
  .tip { position: static; margin-top: .4rem; } }
@media print { .body { max-height: none; } .tip { display: none; } }
"""
