"""Common words by language: what customers write whatever they ask about.

Function words and a few of support, by ISO 639-1 code. A word may stand in several languages; it
then counts for each with a share.
"""

from __future__ import annotations

COMMON_WORDS = {
    "en": """
        the and you your is are was were have has had my me we they this that what when
        where why how which who can could would should will won't don't doesn't didn't can't
        cannot isn't i'm i've i'd it's not with for from about after before been there their
        please thanks thank hello help need want get got any some still because am an of to
        on if out up does did do it at by or be so no as he she her his him them into over
        than then only very also just more most must use used make made change see say says
        tell told show like know think one two first last next back down off again once same
        other way sure cant dont didnt wont isnt log using set put take
        took give new account card money order payment refund cancel password charged
    """,
    "de": """
        der die das und ist nicht ich sie mein meine meinen meiner ein eine einen einem kann
        können mit für auf von zu zum zur wie wo warum wann was wir ihr bitte danke hallo
        guten tag habe hat haben wurde werden noch schon auch aber oder wenn mir mich dem
        den des im am bei nach kein keine funktioniert rechnung bestellung konto passwort
        geld
    """,
    "fr": """
        le la les des une et est pas je vous nous mon ma mes votre vos que qui dans pour sur
        avec comment pourquoi où quand bonjour merci ai ont été être du au aux ce cette ces
        il elle ne plus n'ai j'ai c'est n'est d'un d'une puis-je compte commande mot passe
        s'il plaît mais suis peut
    """,
    "es": """
        el la los las una es no mi mis su sus que en por para con cómo como dónde cuándo qué
        hola gracias buenos días favor puedo quiero necesito tengo está están ha del al se
        lo un pero cuenta contraseña pedido tarjeta dinero me le ustedes muy ya todavía si
        sí más este esta esto estos estas son ser fue hay ni usar sin sobre desde también
    """,
    "pt": """
        os as uma não meu minha meus minhas seu sua que em por para com como onde quando olá
        obrigado obrigada posso quero preciso tenho está estão do da dos das no na nos nas
        um mas conta senha pedido cartão dinheiro me você vocês muito já ainda ao foi
    """,
    "it": """
        il lo gli una non mio mia miei mie che di del della dei delle nel nella con per come
        dove quando perché buongiorno salve ciao grazie posso vorrei voglio ho ha sono sta
        un mi vi si ma conto ordine carta soldi ancora molto anche questo questa dal alla
    """,
    "nl": """
        de het een en is niet ik mijn uw jullie wij van voor met op aan naar hoe waar waarom
        wanneer wat kan kunnen heb heeft hebben hallo bedankt alstublieft graag werd worden
        nog al ook maar of als mij deze dit die geen bestelling rekening wachtwoord geld
        terug
    """,
    "sv": """
        och är inte jag min mitt mina det en ett som på av för med hur var varför när kan
        har hej tack vill ni vi till från om men att den du er inget ingen beställning konto
        lösenord pengar
    """,
    "da": """
        og er ikke jeg min mit mine det en et som på af for med hvordan hvor hvorfor hvornår
        kan har hej tak vil vi til fra om men at den jer ingen bestilling konto adgangskode
        penge mig
    """,
    "no": """
        og er ikke jeg min mitt mine det en et som på av for med hvordan hvor hvorfor når
        kan har hei takk vil vi til fra om men at den dere ingen bestilling konto passord
        penger meg
    """,
    "fi": """
        ja on ei ole minun minä että mutta miten missä miksi milloin voin voinko hei kiitos
        se en tilaus tili salasana rahat vielä kuinka olen haluan kun tai
    """,
    "pl": """
        nie jest na do się to że jak gdzie dlaczego kiedy mogę mam moje mój moja dla dzień
        dobry proszę dziękuję czy ale co po za od konto hasło zamówienie pieniądze jestem
        był
    """,
    "cs": """
        ne je na do se to že jak kde proč kdy mohu mám moje můj pro dobrý den prosím děkuji
        ale co po za od účet heslo objednávka peníze jsem byl není
    """,
    "ro": """
        și este nu la de pe cu în pentru cum unde când contul meu mea bună mulțumesc vă rog
        am are sunt comanda parola bani dar ce care
    """,
    "hu": """
        az és nem van egy hogy hogyan hol miért mikor köszönöm kérem szia jó napot fiókom
        jelszó rendelés pénz de mit még meg
    """,
    "tr": """
        ve bir bu ne nasıl nerede neden için ile değil merhaba teşekkürler lütfen hesabım
        şifre sipariş para ama çok var yok mı mi benim
    """,  # noqa: RUF001 - the dotless i is Turkish
    "id": """
        dan yang di tidak saya anda ini itu bagaimana mengapa kapan dengan untuk dari ke
        halo terima kasih tolong akun pesanan uang bisa sudah belum apa
    """,
}
