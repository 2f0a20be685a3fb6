"""Everyday words: which say nothing, which say little, and irregular forms."""

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
