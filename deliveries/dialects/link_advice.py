"""Advice for each result code of LINK Mobility's SMS REST API (docs/link.md section 4): what happened, what to do.

Codes for which the same is true share one text. Pure.
"""

# codes, English, Finnish
_TEXTS: list[tuple[tuple[int, ...], str, str]] = [
    (
        (0,),
        "The gateway could not send the message and does not say why. Send it again once; if that fails too, ask the"
        " gateway.",
        "Yhdyskäytävä ei voinut lähettää viestiä eikä kerro syytä. Lähetä se kerran uudelleen; jos sekin epäonnistuu,"
        " kysy yhdyskäytävältä.",
    ),
    (
        (1,),
        "The gateway had no route to the operator at that moment. Send the message again later.",
        "Yhdyskäytävällä ei ollut sillä hetkellä reittiä operaattorille. Lähetä viesti myöhemmin uudelleen.",
    ),
    (
        (2,),
        "The gateway has no route to this number, so sending again does not help. Ask the gateway whether it reaches"
        " this operator.",
        "Yhdyskäytävällä ei ole reittiä tähän numeroon, joten uudelleen lähettäminen ei auta. Kysy yhdyskäytävältä,"
        " tavoittaako se tämän operaattorin.",
    ),
    (
        (3,),
        "Messages were sent faster than the gateway allows. Send this one again, and spread large sendings over a"
        " longer time.",
        "Viestejä lähetettiin nopeammin kuin yhdyskäytävä sallii. Lähetä tämä uudelleen ja jaa suuret lähetykset"
        " pidemmälle ajalle.",
    ),
    (
        (4,),
        "No answer came in time, so it is not known whether the message arrived. If you send it again, it may arrive"
        " twice.",
        "Vastausta ei saatu ajoissa, joten ei tiedetä, menikö viesti perille. Jos lähetät sen uudelleen, se voi tulla"
        " perille kahdesti.",
    ),
    (
        (5,),
        "The operator reported an error without a reason, so it is not known whether the message arrived. If you send"
        " it again, it may arrive twice.",
        "Operaattori ilmoitti virheestä kertomatta syytä, joten ei tiedetä, menikö viesti perille. Jos lähetät sen"
        " uudelleen, se voi tulla perille kahdesti.",
    ),
    (
        (6,),
        "The operator could not handle the message. Send it again later, and tell the gateway if this continues.",
        "Operaattori ei voinut käsitellä viestiä. Lähetä se myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos tämä"
        " jatkuu.",
    ),
    (
        (104,),
        "A setting at the gateway does not allow this message. Ask the gateway to correct it before you send again.",
        "Yhdyskäytävän asetukset eivät salli tätä viestiä. Pyydä yhdyskäytävää korjaamaan asetus ennen kuin lähetät"
        " uudelleen.",
    ),
    (
        (105,),
        "The gateway had a fault of its own. Send the message again later, and tell the gateway if this continues.",
        "Yhdyskäytävässä oli sen oma vika. Lähetä viesti myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos tämä"
        " jatkuu.",
    ),
    (
        (1000, 1011, 1013),
        "The operator has the message and is delivering it. Wait for the next report before you send anything again.",
        "Viesti on operaattorilla toimitettavana. Odota seuraavaa raporttia ennen kuin lähetät mitään uudelleen.",
    ),
    (
        (1001,),
        "The message arrived. There is nothing to do.",
        "Viesti meni perille. Mitään ei tarvitse tehdä.",
    ),
    (
        (1002,),
        "The phone could not be reached before the message's validity time ended. If the message is still of use, send"
        " it again with a longer validity time; remove the number if this keeps happening.",
        "Puhelinta ei tavoitettu ennen kuin viestin voimassaoloaika päättyi. Jos viestistä on vielä hyötyä, lähetä se"
        " uudelleen pidemmällä voimassaoloajalla; poista numero, jos tämä toistuu.",
    ),
    (
        (1003,),
        "The message was deleted before it was delivered. If you did not have it deleted, ask the gateway.",
        "Viesti poistettiin ennen toimitusta. Jos et itse poistattanut sitä, kysy yhdyskäytävältä.",
    ),
    (
        (1004,),
        "The phone had no room for another message. Send it again later, when its user may have made room.",
        "Puhelimessa ei ollut tilaa uudelle viestille. Lähetä se myöhemmin uudelleen, kun käyttäjä on ehkä tehnyt"
        " tilaa.",
    ),
    (
        (1005,),
        "The gateway has the message in its queue. Wait for the next report before you send anything again.",
        "Viesti on yhdyskäytävän jonossa. Odota seuraavaa raporttia ennen kuin lähetät mitään uudelleen.",
    ),
    (
        (1006,),
        "The operator could not deliver the message and gives no closer reason. Send it again once; remove the number"
        " if it keeps failing.",
        "Operaattori ei voinut toimittaa viestiä eikä kerro tarkempaa syytä. Lähetä se kerran uudelleen; poista numero,"
        " jos lähetys epäonnistuu toistuvasti.",
    ),
    (
        (1007,),
        "The message arrived; only its billing is still open. Do not send it again.",
        "Viesti meni perille; vain laskutus on vielä kesken. Älä lähetä sitä uudelleen.",
    ),
    (
        (1008,),
        "The recipient is charged, and the message will be sent next. Wait for the next report; sending again may"
        " charge twice.",
        "Vastaanottajaa on veloitettu, ja viesti lähetetään seuraavaksi. Odota seuraavaa raporttia; uudelleen"
        " lähettäminen voi veloittaa kahdesti.",
    ),
    (
        (1009,),
        "The recipient was charged, but the message did not arrive. Send the content again without a charge, or have"
        " the charge returned.",
        "Vastaanottajaa veloitettiin, mutta viesti ei mennyt perille. Lähetä sisältö uudelleen veloituksetta tai"
        " järjestä veloituksen palautus.",
    ),
    (
        (1010,),
        "The validity time ended without a report from the operator, so it is not known whether the message arrived."
        " If you send it again, it may arrive twice.",
        "Voimassaoloaika päättyi ilman operaattorin raporttia, joten ei tiedetä, menikö viesti perille. Jos lähetät sen"
        " uudelleen, se voi tulla perille kahdesti.",
    ),
    (
        (1012,),
        "Billing failed for the moment, and the gateway sends the message again by itself. Wait for the next report.",
        "Laskutus epäonnistui hetkellisesti, ja yhdyskäytävä lähettää viestin itse uudelleen. Odota seuraavaa"
        " raporttia.",
    ),
    (
        (2000,),
        "The sender is not valid. Use up to 11 letters and digits, a short number, or a phone number with + and its"
        " country code.",
        "Lähettäjä ei kelpaa. Käytä enintään 11 kirjainta ja numeroa, lyhytnumeroa tai puhelinnumeroa, jossa on + ja"
        " maakoodi.",
    ),
    (
        (2001, 2002, 2003),
        "The recipient's country or operator does not accept a sender of this kind. Use another kind of sender, or ask"
        " the gateway whether yours must be registered.",
        "Vastaanottajan maa tai operaattori ei hyväksy tällaista lähettäjää. Käytä toisenlaista lähettäjää tai kysy"
        " yhdyskäytävältä, onko lähettäjäsi rekisteröitävä.",
    ),
    (
        (2100, 2101),
        "Messages cannot be sent to addresses of this kind. Use the recipient's phone number with its country code, or"
        " remove the address.",
        "Tällaisiin osoitteisiin ei voi lähettää viestejä. Käytä vastaanottajan puhelinnumeroa maakoodeineen tai poista"
        " osoite.",
    ),
    (
        (2102,),
        "The service that you send with does not reach phone numbers like this one. Ask the gateway which numbers it"
        " reaches.",
        "Palvelu, jolla lähetät, ei tavoita tällaisia puhelinnumeroita. Kysy yhdyskäytävältä, mitkä numerot se"
        " tavoittaa.",
    ),
    (
        (2103,),
        "Messages of this kind to this recipient are blocked. Do not send again; ask the gateway who can lift the"
        " block.",
        "Tällaiset viestit tälle vastaanottajalle on estetty. Älä lähetä uudelleen; kysy yhdyskäytävältä, kuka voi"
        " poistaa eston.",
    ),
    (
        (2104,),
        "The operator has no subscriber with this number. Remove the number from your list.",
        "Operaattorilla ei ole liittymää tällä numerolla. Poista numero listaltasi.",
    ),
    (
        (2105,),
        "The number is barred from messages for good. Remove it from your list.",
        "Viestit tähän numeroon on estetty pysyvästi. Poista se listaltasi.",
    ),
    (
        (2106,),
        "The number is wrong. Check its country code and digits, and remove it if you cannot correct it.",
        "Numero on virheellinen. Tarkista maakoodi ja numerot, ja poista se, jos et voi korjata sitä.",
    ),
    (
        (2107,),
        "The number is barred from messages for a time. Keep it, and send the message again another day.",
        "Viestit tähän numeroon on estetty tilapäisesti. Säilytä numero ja lähetä viesti uudelleen toisena päivänä.",
    ),
    (
        (2200,),
        "The recipient could not be charged, so the message was not delivered. Try again later, and tell the gateway if"
        " this happens to many.",
        "Vastaanottajaa ei voitu veloittaa, joten viestiä ei toimitettu. Yritä myöhemmin uudelleen ja ilmoita"
        " yhdyskäytävälle, jos tämä toistuu monella.",
    ),
    (
        (2201,),
        "The recipient's balance does not cover the price. Charge again only after the recipient has added money.",
        "Vastaanottajan saldo ei riitä hintaan. Veloita uudelleen vasta, kun vastaanottaja on lisännyt rahaa.",
    ),
    (
        (2202,),
        "The recipient's subscription does not allow premium services. Only the subscriber can have the operator change"
        " this; do not charge again before.",
        "Vastaanottajan liittymä ei salli maksullisia palveluja. Vain liittymän haltija voi pyytää operaattoria"
        " muuttamaan tämän; älä veloita ennen sitä uudelleen.",
    ),
    (
        (2203,),
        "The recipient is too young for this content. Do not send it to this number again.",
        "Vastaanottaja on liian nuori tälle sisällölle. Älä lähetä sitä enää tähän numeroon.",
    ),
    (
        (2204,),
        "Prepaid subscriptions cannot pay for this service. Offer the recipient another way to pay.",
        "Prepaid-liittymällä ei voi maksaa tätä palvelua. Tarjoa vastaanottajalle toinen maksutapa.",
    ),
    (
        (2205,),
        "The recipient has refused this service. Do not send it to this number unless the recipient asks for it again.",
        "Vastaanottaja on kieltäytynyt tästä palvelusta. Älä lähetä sitä tähän numeroon, ellei vastaanottaja pyydä sitä"
        " uudelleen.",
    ),
    (
        (2206,),
        "The recipient is not registered in the operator's payment system. Charge again only after the recipient has"
        " registered.",
        "Vastaanottaja ei ole rekisteröitynyt operaattorin maksujärjestelmään. Veloita uudelleen vasta, kun"
        " vastaanottaja on rekisteröitynyt.",
    ),
    (
        (2207,),
        "The recipient has reached the limit for charges. Try again after the limit's period has ended, or offer"
        " another way to pay.",
        "Vastaanottajan veloitusten yläraja on täynnä. Yritä uudelleen, kun rajan jakso on päättynyt, tai tarjoa toinen"
        " maksutapa.",
    ),
    (
        (3000,),
        "The GSM alphabet is not supported for this recipient. Send the text as UCS-2.",
        "Tämä vastaanottaja ei tue GSM-merkistöä. Lähetä teksti UCS-2-merkistöllä.",
    ),
    (
        (3001,),
        "UCS-2 is not supported for this recipient. Leave out emojis and letters that the GSM alphabet does not have.",
        "Tämä vastaanottaja ei tue UCS-2-merkistöä. Jätä pois emojit ja kirjaimet, joita GSM-merkistössä ei ole.",
    ),
    (
        (3002,),
        "Binary messages are not supported for this recipient. Send the content as text.",
        "Tämä vastaanottaja ei tue binääriviestejä. Lähetä sisältö tekstinä.",
    ),
    (
        (4000,),
        "Delivery reports are not supported for this recipient. Send the message again without asking for one.",
        "Tälle vastaanottajalle ei tueta toimituskuittauksia. Lähetä viesti uudelleen pyytämättä kuittausta.",
    ),
    (
        (4001, 4003),
        "The gateway did not accept the content of the message. Check that the text is there, readable and not too"
        " long, and send it again.",
        "Yhdyskäytävä ei hyväksynyt viestin sisältöä. Tarkista, että teksti on mukana, luettavissa eikä liian pitkä, ja"
        " lähetä se uudelleen.",
    ),
    (
        (4002,),
        "The price is not allowed for this service or country. Correct the tariff and its currency, and send again.",
        "Hinta ei ole sallittu tässä palvelussa tai maassa. Korjaa tariffi ja sen valuutta ja lähetä uudelleen.",
    ),
    (
        (4004, 4005),
        "A technical setting of the message is not valid. Have the sending system correct its user data header and data"
        " coding.",
        "Viestin tekninen asetus ei kelpaa. Korjauta lähettävässä järjestelmässä viestin otsake (UDH) ja"
        " merkistökoodaus.",
    ),
    (
        (4006,),
        "The value added tax of the message is not valid. Correct it and send again.",
        "Viestin arvonlisävero ei kelpaa. Korjaa se ja lähetä uudelleen.",
    ),
    (
        (4007,),
        "The recipient's operator does not accept content of this kind. Send it as plain text, or ask the gateway what"
        " is accepted.",
        "Vastaanottajan operaattori ei hyväksy tällaista sisältöä. Lähetä se pelkkänä tekstinä tai kysy"
        " yhdyskäytävältä, mitä hyväksytään.",
    ),
]

ADVICE: dict[int, tuple[str, str]] = {code: (english, finnish) for codes, english, finnish in _TEXTS for code in codes}
