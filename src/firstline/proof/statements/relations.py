"""Everyday words beside each other: which say the same, which deny, which stand apart."""

from __future__ import annotations

from typing import Final

SYNONYMS: Final = tuple(
    line.split()
    for line in """
    refund reimburse reimbursement money-back moneyback
    price cost fee charge
    change modify update edit alter adjust amend
    delete remove erase
    cancel terminate
    buy purchase
    signin login logon sign-in log-in
    email e-mail mail
    phone telephone call
    pick choose select
    click press tap
    begin start commence launch
    end finish conclude
    finish complete completion
    allow permit enable let able
    allow possible
    require need must necessary
    want wish like
    get receive obtain gain
    show display present
    create make generate establish
    give provide offer supply grant
    help assist assistance support aid
    see view look
    use utilise utilize
    keep retain maintain
    send dispatch submit
    begin begins initial
    fast quick rapid
    big large great huge
    main primary chief principal
    client customer
    staff team agent representative employee
    issue problem trouble error
    reply respond answer
    contact reach
    quit leave
    company business firm
    live reside
    part portion section
    movie film
    child kid
    near close
    whole entire complete full
    about approximately roughly around
    several many multiple various
    usual typical normal general
    however though but
    purpose aim goal
    stop halt cease
    happen occur
    locate situate
    consist comprise contain include
    call name know title
    kind type sort form
    area region zone
    ensure guarantee assure
    seat licence license
    subscription plan
    verify confirm check
    document file
    picture image photo
    settle pay
    credit card
    obtain acquire
    postpone delay
    result lead cause
    effect impact affect influence
    increase raise rise
    decrease reduce lower cut
    connect link
    separate divide split
    method way means
    method approach technique
    depart leave
    arrive reach
    permanent permanently
    write author
    movie motion-picture
    die death
    birth born
    start originate
    country nation
    war conflict
    show series
    actor star cast
    song track single
    sing perform
    property real-estate
    qualify eligible entitle
    wait hold
    link url
    website site
    ask request
    apply submit
    tip advice suggestion
    recommend suggest advise
    essential crucial important vital key
    """.strip().splitlines()
)
"""Words that may stand for each other in an answer; a word may belong to several lines."""

ANTONYMS: Final = {
    line.split()[0]: line.split()[1:]
    for line in """
    include exclude omit
    allow prohibit forbid ban disallow forbidden block
    accept reject decline deny refuse
    available unavailable
    able unable
    possible impossible
    eligible ineligible
    valid invalid
    active inactive
    correct incorrect wrong
    complete incomplete
    refundable non-refundable nonrefundable
    refund non-refundable nonrefundable
    support unsupported
    authorize unauthorized unauthorised
    enable disable deactivate
    use unused
    paid unpaid
    limit unlimited
    limited unlimited
    like dislike
    agree disagree
    connect disconnect
    verified unverified
    necessary unnecessary
    required optional
    common uncommon
    known unknown
    certain uncertain
    usual unusual
    encrypted unencrypted
    change unchanged
    affect unaffected
    easy difficult hard
    secure insecure
    """.strip().splitlines()
}
"""A word, and words that deny it."""

CONTRASTS: Final = tuple(
    line.split()
    for line in """
    monthly annual weekly daily quarterly hourly
    before after
    more less fewer
    increase decrease
    high low
    minimum maximum
    debit credit
    incoming outgoing
    owner admin administrator member guest viewer editor observer
    public private
    public internal
    business calendar
    upgrade downgrade
    domestic international
    buyer seller
    landlord tenant
    employer employee
    sender recipient
    free paid
    full partial
    monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december
    north south east west northern southern eastern western
    first second third fourth fifth
    first last
    earliest latest
    largest smallest
    most least
    open closed
    open close
    enable disable
    left right
    top bottom
    import export
    upload download
    add remove
    mandatory optional
    required optional
    manual automatic
    manually automatically
    new existing
    new used
    basic economy business
    inbound outbound
    red blue green yellow black white purple pink orange silver gold grey gray brown
    visa mastercard amex paypal
    checking savings
    fixed variable
    temporary permanent
    temporarily permanently
    personal business
    morning afternoon evening night
    iphone android
    ios android
    windows macos linux
    csv pdf json xml xlsx
    small medium large
    older younger
    mother father
    brother sister
    son daughter
    husband wife
    king queen
    win lose
    arrive depart
    accept reject
    approve reject
    approve deny
    opt-in opt-out
    sell buy
    lend borrow
    deposit withdraw
    encrypt decrypt
    hot cold
    weekday weekend
    individual group
    singular plural
    cheapest expensive
    pending delivered processed cancelled shipped
    paid unpaid overdue
    seconds minutes hours
    stay delete
    stay remove
    keep delete
    keep remove
    remain delete
    store delete
    restore delete
    earlier later
    next last
    next previous
    previous following
    top bottom
    begin end
    start end
    start stop
    vacant taken
    higher lower
    above below
    larger smaller
    accept refuse
    gain lose
    physical virtual
    internal external
    primary secondary
    online offline
    partial full
    single double
    once twice
    ticked cleared
    active cancelled
    fixed variable
    simple compound
    same different
    automatic manual
    optional mandatory
    gross net
    included extra
    cheaper dearer
    cheap expensive
    free charged
    monthly yearly
    short long
    ongoing introductory
    recurring single
    wire ach
    before after
    weekly monthly
    member guest
    phone email
    phone chat
    sms email
    android ios
    read-only editable
    public private
    teacher student
    parent child
    adult child
    male female
    """.strip().splitlines()
)
"""Words of which one cannot stand for another."""
