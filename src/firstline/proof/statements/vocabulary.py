"""Everyday words: which say nothing, which say the same, and which the opposite."""

from __future__ import annotations

from typing import Final

STOP: Final = frozenset(
    """
    a an the this that these those there here it its it's itself i i'm i've i'd me my mine myself
    we we've we're we'd us our ours you you've you're you'd your yours yourself he she his him her
    hers they they're they've them their theirs who whom whose which what where when how why and
    or but nor so yet as at by for from in into of off on onto out over per than then to too up
    upon via with within am is are was were be been being do does did done doing have has had
    having can could may might shall should will would must if while because since though although
    also just both either such each about above across against along among around behind below
    beneath beside besides between beyond down during near regarding through throughout toward
    towards under until till well yes ok okay please e.g i.e etc s t d m ll ve re one's let let's
    that's there's here's what's who's he's she's i'll we'll you'll they'll it'll she'll he'll
    that'll n't whether whereas however therefore thus hence before after not no never cannot
    can't don't doesn't didn't won't wouldn't isn't aren't wasn't weren't haven't hasn't hadn't
    shouldn't couldn't mustn't needn't mightn't shan't without neither none
    """.split()
)
"""Words that say nothing by themselves."""

LIGHT: Final = frozenset(
    """
    same other others own able access according actually additional additionally already another
    aspect available basically become certain clear come common consider currently different
    directly easily easy especially etc exact example few find first following follow further
    furthermore generally get give given go good great happen help helpful hand important include
    indeed information instead involve keep kind know known large like likely little long look lot
    main make mean means meanwhile more moreover most much need new note now often once order
    original otherwise overall part particular particularly place point possible provide put quite
    rather really reason refer related relevant say see several show similar simply since small
    some sometimes soon specific specifically still sure take tell thing think together try type
    typical use used useful using usual various very want way ways whole work yet able allow
    appear based begin bit call called case change choose contain current detail details due
    ensure entire exist fact feature form further general have hold include includes including
    individual it kind last later least less let level list lead main many may mention mentioned
    name named next number offer only own please process purpose question receive require result
    said second set simple situation someone something start state step steps such support sure
    term terms thank that time times today total two understand up usually value version want
    would
    """.split()
)
"""Words so general that a summary may add them; they weigh little when the evidence lacks them."""

IRREGULAR: Final = {
    word: base
    for line in """
    be am is are was were been being
    have has had having
    do does did done doing
    go went gone goes
    get got gotten getting
    give gave given
    take took taken
    make made making
    buy bought
    pay paid payment pays payer
    send sent sender
    say said
    tell told
    keep kept
    hold held
    leave left
    lose lost loss
    find found
    know knew known
    think thought
    bring brought
    begin began begun
    choose chose chosen choice
    write wrote written
    show shown shown
    see saw seen
    speak spoke spoken
    break broke broken
    run ran
    become became
    come came
    grow grew grown growth
    sell sold sale sales seller
    mean meant
    spend spent
    build built
    win won
    meet met
    lead led
    read read
    feel felt
    understand understood
    withdraw withdrew withdrawn withdrawal
    subscribe subscription subscriber
    receive receipt recipient
    delete deletion
    extend extension extensive
    permit permission
    decide decision
    include inclusion inclusive including
    exclude exclusion exclusive excluding excludes
    suspend suspension
    renew renewal
    approve approval
    refuse refusal
    arrive arrival
    remove removal
    propose proposal
    deny denial denied
    replace replacement
    ship shipping shipment shipped
    deliver delivery delivered
    invoice invoicing
    bill billing billed
    child children
    person people
    man men
    woman women
    foot feet
    life lives
    business businesses
    day days daily
    week weeks weekly
    month months monthly
    year years yearly
    analysis analyses
    criterion criteria
    datum data
    index indices
    free freely
    verify verification verified
    identify identification identified
    notify notification notified
    apply application applied applies applicant
    modify modification modified
    classify classification
    qualify qualification qualified
    try tried tries
    reply replied replies
    carry carried
    occur occurred occurrence
    refer referred referral reference
    transfer transferred
    cancel cancelled canceled cancelling cancellation
    upgrade upgraded upgrading
    die died death dead
    bear born birth
    locate location located
    explain explanation
    destroy destruction
    produce production producer product
    introduce introduction
    reduce reduction
    permit permitted
    submit submitted submission
    access accessed accessible accessing
    able ability
    eligible eligibility
    valid validity
    secure security
    responsible responsibility
    require requirement
    live lived living
    use used using usage uses user
    high height highest
    long length longest
    strong strength
    wide width
    deep depth
    near nearest
    different difference differ
    good better best
    bad worse worst
    much more most
    little less least
    easy easier easily
    resolve resolution
    expire expiry expiration expired
    compare comparison
    respond response
    divide division
    succeed success successful successfully
    organize organisation organization organise
    recognise recognize recognition
    restrict restriction
    dispute disputed
    undo undid undone undoing
    redeem redemption
    pause paused
    """.strip().splitlines()
    for base, *forms in [line.split()]
    for word in (base, *forms)
}
"""Forms that no rule below joins to their base."""

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
    several one
    every only
    ticked cleared
    active cancelled
    fixed variable
    simple compound
    owner billing
    same different
    automatic manual
    optional mandatory
    credit debit
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
    read write
    read-only editable
    public private
    teacher student
    parent child
    adult child
    male female
    """.strip().splitlines()
)
"""Words of which one cannot stand for another."""
