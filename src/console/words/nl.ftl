## Everywhere
skip = Naar de inhoud
close = Sluiten
cancel = Annuleren
nav-label = Schermen
sign-out = Afmelden
copy-link = Link kopiëren
copy-json = Kopiëren als JSON
copy-done = Gekopieerd
copy-failed = Je browser stond het kopiëren niet toe
clock-differs = De klok van deze browser wijkt { $by } af van de klok van de server. De tijden hieronder zijn die van de server.
theme-label = Thema: { $theme }
theme-system = volgens systeem
theme-light = licht
theme-dark = donker
language-label = Taal
time-now = zojuist
time-never = nooit

## States of every screen
state-loading = Laden
state-slow = De server doet er langer over dan normaal. Nog even wachten.
state-offline = De server is niet bereikbaar
state-forbidden = Je mag dit niet bekijken
state-missing = Hier is niets dat je mag bekijken
state-failed = De server kon niet antwoorden
state-retry = Opnieuw proberen

## Sign in
sign-in-title = Belfry
sign-in-about = Waarom ging hij af? Waarom niet? Meld je aan met je Matrix-account op deze server.
sign-in-user = Gebruikersnaam
sign-in-user-hint = Bijvoorbeeld alice of @alice:example.org
sign-in-password = Wachtwoord
sign-in-token = Toegangstoken
sign-in-token-hint = Van een client of een script. Het blijft geldig als je je hier afmeldt.
sign-in-token-of-link = Het zat in de link die je hebt geopend.
sign-in-registration = Registratietoken
sign-in-registration-hint = Van een beheerder van deze server.
sign-in-registration-refused = Dit registratietoken is onbekend, opgebruikt of verlopen
sign-in-do = Aanmelden
sign-in-create = Account aanmaken
sign-in-with-account = Een account aanmaken
sign-in-new-user-hint = Kleine letters, cijfers en . _ = / -
sign-in-busy = Aanmelden …
sign-in-with-token = Een toegangstoken gebruiken
sign-in-with-password = Een wachtwoord gebruiken
sign-in-refused = De gebruikersnaam of het wachtwoord is onjuist
sign-in-token-refused = De server kent dit toegangstoken niet

## Keys
keys-title = Toetsen
keys-filter = Naar het filter
keys-next = Volgende rij
keys-previous = Vorige rij
keys-open = Rij openen
keys-back = Veld verlaten of terug naar de lijst
keys-test = Naar de eerste testknop
keys-help = Deze lijst
keys-switch = Sneltoetsen van één letter gebruiken

## Today
today-title = Vandaag
today-devices = Je apparaten
today-recent = Wat er onlangs is gebeurd
today-all = Alle verlopen
device-success = Laatste melding
device-failing = Storing sinds
device-arrived = Aangekomen na { $after }
device-last-arrived = Laatst aangekomen
device-usually = meestal na { $after }
device-not-seen = { $count ->
    [one] de laatste is niet aangekomen
   *[other] de laatste { $count } zijn niet aangekomen
}
device-queued = { $count ->
    [one] 1 in de wachtrij
   *[other] { $count } in de wachtrij
}
pusher-ok = Gaat af
pusher-unused = Nog nooit gebruikt
pusher-pending = Niet bevestigd door de app
pusher-retrying = Probeert opnieuw
pusher-failing = Storing
pusher-off = Uit
pusher-not-seen = Verzonden, maar niet gezien
test-send = Test sturen
test-to = naar { $name }
test-busy = Verzenden …
test-ok = Verzonden
test-rejected = Afgewezen: de app kent dit apparaat niet
test-unreachable = De gateway is niet bereikbaar
test-rate-limited = De gateway vraagt om te wachten
test-not-registered = Dit apparaat bestaat niet meer
test-blocked = Het adres van de gateway is niet toegestaan
test-disabled = Het apparaat staat uit
test-not-activated = De app heeft het apparaat niet bevestigd
test-unsupported = Voor dit soort apparaat is er geen test
first-title = Geen van je apparaten ontvangt al meldingen
first-about = Een app vertelt de server waar meldingen naartoe moeten; dat heet een pusher. Er zijn twee manieren om er een te krijgen:
first-client = Meld je in Element X, FluffyChat of SchildiChat aan als { $user }, met de server { $server }, en sta meldingen toe.
first-curl = Of maak een testpostvak op deze server. TOKEN is een toegangstoken van jou:
first-waiting = Wachten op je eerste apparaat. Deze pagina wordt vanzelf bijgewerkt.

ring-do = Deze browser laten afgaan
ring-step-permission = Je browser vraagt of hij meldingen mag tonen …
ring-step-subscribe = Aanmelden bij de pushdienst van je browser …
ring-step-confirm = Wachten op de eerste push …
ring-step-ring = Laten afgaan …
ring-done = Verzonden. Je browser toont nu een melding.
ring-denied = Je browser staat geen meldingen toe voor deze pagina. Sta ze toe in de browserinstellingen voor deze site.
ring-off = Deze server heeft geen Web Push (instelling push.web_push).
ring-no-service = Je browser kon zich niet aanmelden bij zijn pushdienst.
ring-not-confirmed = De eerste push is niet binnen 20 seconden aangekomen. Controleer of de server het internet kan bereiken.
ring-unsupported = Open de console via https of op localhost om deze browser te laten afgaan.
ring-app = Belfry-console
ring-device = Deze browser
ring-title = Hij gaat af
ring-text = Belfry bereikt deze browser.

## Journeys
journeys-title = Verlopen
journeys-event = Openen op gebeurtenis-id
list-event = Gebeurtenis
list-why = Waarom
list-no-devices = Geen apparaat
list-older = Oudere laden
list-news = { $count ->
    [one] 1 nieuw
   *[other] { $count } nieuw
}
list-total = { $count ->
    [one] 1 verloop
   *[other] { $count } verlopen
}
list-total-at-least = { $count ->
    [one] Minstens 1 verloop
   *[other] Minstens { $count } verlopen
}
list-none = Er is nog niets gebeurd
list-none-about = Elk bericht dat iemand je stuurt verschijnt hier vanzelf, met de reden waarom het afging of niet.
list-none-match = Geen verloop gevonden
list-none-match-about = Verwijder een filter of wacht: nieuwe verlopen verschijnen vanzelf.
live-connecting = Verbinden
live-live = Live
live-paused = Gepauzeerd
live-failed = Elke 5 seconden
live-pause = Pauzeren
live-resume = Hervatten
filter-state = Status
filter-device = Apparaat
filter-since = Periode
filter-room = Kamer-id
filter-all = Alle
filter-clear = Filters wissen
since-1h = Afgelopen uur
since-24h = Afgelopen 24 uur
since-7d = Afgelopen 7 dagen
device-state-sent = Verzonden
device-state-waiting = In de wachtrij
device-state-held = Vastgehouden
device-state-failing = Storing
device-state-silent = Stil
device-state-read-first = Al gelezen
device-state-skipped = Overgeslagen
device-state-dropped = Geweigerd
device-state-rejected = Afgewezen
device-state-off = Uit
device-state-unknown = Onbekend
type-m-room-message = Bericht
type-m-room-encrypted = Versleuteld bericht
type-m-room-member = Lidmaatschap
type-m-call-invite = Oproep
type-m-sticker = Sticker
type-m-room-topic = Onderwerp
type-m-room-name = Kamernaam
type-m-room-tombstone = Kamerupgrade
type-m-poll-start = Peiling

## One journey
journey-title = Verloop van een gebeurtenis
journey-decision = Beslissing
journey-devices = Apparaten
journey-no-devices = Er was geen apparaat
journey-no-devices-about = Toen de gebeurtenis werd verzonden, had deze gebruiker geen app die meldingen ontvangt.
journey-rule = Beslissende regel:
journey-rules = Pushregels in volgorde van beoordeling
journey-rules-changed = De regels zijn sindsdien gewijzigd. De lijst toont de huidige regels; de beslissing is de opgeslagen beslissing.
journey-try = Een regel op deze gebeurtenis proberen
journey-removed = Verwijderd
journey-untraced = De server legt geen verlopen vast (instelling trace.enabled), dus pogingen ontbreken.
fact-when = Verzonden
fact-sender = Afzender
fact-room = Kamer
fact-type = Type
fact-user = Verloop voor
fact-read = Gelezen
fact-read-yes = ja
fact-read-no = nog niet
fact-event = Gebeurtenis-id
step-attempt = poging { $number }
step-status = status { $status }
step-next = volgende poging
step-unknown = Onbekend
step-waiting = In de wachtrij
step-held = Vastgehouden

step-sent = Verzonden
step-fetched = Aangekomen
step-rejected = Afgewezen
step-dropped = Geweigerd
step-skipped = Niet verzonden
step-cleared = Verwijderd
step-not-queued = Niet verzonden
step-not-seen = Niet gezien
step-gateway = Bij de gateway
reason-no-rule-matched = Geen regel van toepassing
reason-not-kept = Niet meer bekend
reason-wakes-only = Wekt het apparaat
reason-rules-failed = Fout in de regels
reason-not-fetched = Niet gezien
reason-read = Al gelezen
reason-gateway-failing = Storing bij de gateway
reason-mail-server-failing = Storing bij de mailserver
reason-suppressed-by-a-device-rule = Gedempt op dit apparaat
reason-does-not-notify = Geeft geen melding
reason-in-the-app-only = Alleen in de app
reason-collapsed = Vervangen door een nieuwere
reason-active-elsewhere = Vastgehouden: elders actief
reason-no-pushers = Geen apparaat
reason-set-after-the-event = Later ingesteld
reason-pusher-disabled = Apparaat stond uit
reason-disabled = Apparaat staat uit
reason-not-activated = Niet bevestigd door de app
reason-own-event = Eigen gebeurtenis
reason-not-a-member = Geen lid
reason-sender-is-ignored = Afzender wordt genegeerd
reason-redacted = Verwijderd bericht
reason-not-by-e-mail = Niet per e-mail
remedy-2xx = De gateway antwoordde, maar nam de melding niet aan. De beheerder ervan kan de reden in het logboek vinden.
remedy-3xx = De gateway antwoordde met een doorverwijzing. Stel de pusher in met het uiteindelijke adres.
remedy-4xx = De gateway weigert het verzoek. Controleer de app id en het adres van de pusher.
remedy-5xx = De gateway heeft een storing. De server probeert het vanzelf opnieuw.
remedy-connection-refused = Er luistert niets op het adres van de gateway. Controleer of hij draait en of de poort klopt.
remedy-dns = De hostnaam van de gateway bestaat niet. Controleer het adres van de pusher.
remedy-timeout = De gateway antwoordde niet op tijd. De server probeert het vanzelf opnieuw.
remedy-tls = Het certificaat van de gateway wordt niet vertrouwd. Vernieuw het of voeg de certificaatautoriteit toe met push.extra_ca.
remedy-blocked-by-the-IP-policy = Het adres is niet openbaar. Sta het toe met push.allow_ip_ranges als je het vertrouwt.

## Rules
rules-not-matched = { $count ->
    [one] 1 regel was niet van toepassing
   *[other] { $count } regels waren niet van toepassing
}
rules-not-reached = { $count ->
    [one] Nog 1 regel was niet nodig.
   *[other] Nog { $count } regels waren niet nodig.
}
verdict-matched = Van toepassing
verdict-wakes-only = Wekt het apparaat
verdict-no-match = Niet van toepassing
verdict-disabled = Uit
verdict-malformed = Ongeldig
verdict-not-evaluated = Niet beoordeeld
check-holds = Klopt
check-fails = Klopt niet
check-expected = verwacht
check-actual = werkelijk
check-nothing = niets
condition-event-match = De gebeurtenis past bij een patroon
condition-event-property-is = Een eigenschap van de gebeurtenis heeft een waarde
condition-event-property-contains = Een lijst in de gebeurtenis bevat een waarde
condition-contains-display-name = De tekst bevat je naam
condition-room-member-count = De kamer heeft een bepaald aantal leden
condition-sender-notification-permission = De afzender mag de kamer een melding geven
rule-own = Eigen regel { $id } ({ $kind })
rule-device = alleen { $handle }
kind-override = override
kind-content = woord
kind-room = kamer
kind-sender = afzender
kind-underride = underride
rule-m-rule-master = Alles is gedempt
rule-m-rule-suppress-notices = Berichten van bots
rule-m-rule-invite-for-me = Uitnodigingen voor jou
rule-m-rule-member-event = Wijzigingen van leden
rule-m-rule-is-user-mention = Vermeldingen van jou
rule-m-rule-contains-display-name = Je naam in de tekst
rule-m-rule-is-room-mention = Vermeldingen van de kamer
rule-m-rule-roomnotif = @room in de tekst
rule-m-rule-tombstone = Kamerupgrades
rule-m-rule-reaction = Reacties
rule-m-rule-room-server-acl = Serverlijsten van kamers
rule-m-rule-suppress-edits = Bewerkingen van berichten
rule-m-rule-contains-user-name = Je gebruikersnaam in de tekst
rule-m-rule-call = Oproepen
rule-m-rule-encrypted-room-one-to-one = Versleutelde berichten tussen twee personen
rule-m-rule-room-one-to-one = Berichten tussen twee personen
rule-m-rule-message = Berichten
rule-m-rule-encrypted = Versleutelde berichten

## The table of rules
rules-title = Regels
rules-about = Wat waar afgaat. Een regel van een apparaat gaat vóór de regels van het account, alleen voor dat apparaat. Aantallen ongelezen berichten volgen alleen het account.
rules-account = Account
rules-device = Apparaat
rules-filter = Kamer zoeken
rules-rooms = Kamers
rules-senders = Personen
rules-contents = Woorden
rules-room = Kamer
rules-sender = Persoon
rules-content = Woord
rules-no-rooms = Geen kamer gevonden.
rules-no-senders = Er is geen regel voor een persoon.
rules-no-contents = Er is geen regel voor een woord.
rules-more = Meer tonen
rules-cell = { $what }, { $where }
rules-effect = Effect
rules-period = Duur
rules-save = Opslaan
rules-add = Toevoegen
rules-add-sender = Gebruikers-id van een persoon
rules-add-content = Woord; * en ? staan voor willekeurige letters
rules-other = Andere regels
rules-own = Je regels met voorwaarden
rules-defaults = Standaardregels
rules-rule = Regel
rules-state = Status
rules-actions = Wijzigen
rules-on = Aan
rules-off = Uit
rules-switch-on = Inschakelen
rules-switch-off = Uitschakelen
rules-delete = Verwijderen
rules-ends = eindigt
effect-inherits = Zoals gewoonlijk
effect-muted = Gedempt
effect-mentions = Alleen vermeldingen
effect-silent = Stil
effect-quiet = Melding zonder geluid
effect-rings = Gaat af
effect-highlight = Gaat af en markeert
period-always = altijd
period-hour = een uur
period-work = acht uur
period-day = een dag

## The doctor
doctor-title = Diagnose
doctor-nothing = Niets houdt je meldingen tegen
doctor-more = { $count ->
    [one] Er verschijnt nog een bevinding als deze zijn opgelost.
   *[other] Er verschijnen nog { $count } bevindingen als deze zijn opgelost.
}
severity-problem = Probleem
severity-warning = Waarschuwing
severity-hint = Tip
finding-busy = Wijzigen …
finding-done = Klaar
finding-no-pusher = Geen van je apparaten ontvangt meldingen.
finding-notifications-are-off = Alle meldingen zijn uitgeschakeld.
finding-no-process-delivers = De server verstuurt op dit moment geen meldingen. Ze wachten tot hij dat weer doet.
finding-pusher-is-failing = Meldingen naar { $device } mislukken sinds { $since }.
finding-pusher-is-retrying = Meldingen naar { $device } mislukken sinds { $since }.
finding-pusher-is-disabled = { $device } is uitgeschakeld.
finding-pusher-is-not-confirmed = De app op { $device } heeft niet bevestigd dat hij meldingen wil.
finding-pushes-do-not-arrive = { $device } heeft sinds { $since } niets opgehaald waarvoor het een melding kreeg.
finding-handle-is-shared = { $device } heeft dezelfde regels als een ander apparaat, omdat beide het kenmerk { $handle } hebben.
finding-device-rules-without-a-pusher = Er zijn regels voor het kenmerk { $handle }, maar geen apparaat heeft het.
finding-calls-cannot-ring = Oproepen kunnen niet afgaan op { $device }, door deze regel: { $rule }.
finding-calls-in-a-room-cannot-ring = Oproepen in { $room } kunnen niet afgaan op { $device }, door deze regel: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] De server kan vermeldingen in een versleutelde kamer niet zien, en { $device }, dat dat wel kan, krijgt geen bericht over de berichten daar.
   *[other] De server kan vermeldingen in { $count } versleutelde kamers niet zien, en { $device }, dat dat wel kan, krijgt geen bericht over de berichten daar.
}
finding-rule-contradicts-itself = ‘{ $rule }’ kan nooit van toepassing zijn, omdat de voorwaarden elkaar uitsluiten.
finding-rule-has-an-unknown-condition = ‘{ $rule }’ kan nooit van toepassing zijn, omdat de server een van de voorwaarden niet kent.
finding-rule-is-shadowed = ‘{ $rule }’ kan nooit van toepassing zijn, omdat deze regel eerder komt en voor hetzelfde geldt: { $other }.
finding-rule-for-a-room-that-was-left = ‘{ $rule }’ is voor een kamer waar je niet in zit.
finding-room-is-muted-twice = { $room } is gedempt door twee regels: { $other } en { $rule }.
advice-no-pusher = Meld je aan met een app op je apparaat en sta de meldingen ervan toe.
advice-notifications-are-off = Schakel ze in om weer iets te horen.
advice-no-process-delivers = Vraag het de beheerders van de server. Er gaat niets verloren.
advice-pusher-is-failing = De server probeert het vanzelf opnieuw. Staat de app niet meer op het apparaat, verwijder dit apparaat dan; anders moet de gateway worden hersteld.
advice-pusher-is-retrying = De server probeert het vanzelf opnieuw en er gaat niets verloren.
advice-pusher-was-removed = Open de app op het apparaat, zodat die zich weer aanmeldt voor meldingen.
advice-pusher-is-disabled = Schakel het in om daar meldingen te krijgen.
advice-pusher-is-not-confirmed = Open de app op het apparaat.
advice-pushes-do-not-arrive = Open de app op het apparaat. Controleer of het apparaat online is en of het systeem de app meldingen laat ontvangen en op de achtergrond laat draaien.
advice-handle-is-shared = Is dat niet de bedoeling, geef dit apparaat dan een eigen kenmerk.
advice-device-rules-without-a-pusher = Ze gelden weer als een app zich met dit kenmerk aanmeldt.
advice-calls-cannot-ring = Wijzig die regel of voeg een regel voor oproepen toe.
advice-calls-in-a-room-cannot-ring = Laat de oproepen van deze kamer afgaan of laat hem gedempt.
advice-mentions-in-encrypted-rooms-are-hidden = Stuur versleutelde berichten naar het apparaat, zodat het naar vermeldingen kan zoeken.
advice-rule-has-an-unknown-condition = Verbeter de regel of verwijder hem.
advice-rule-contradicts-itself = Verbeter de regel of verwijder hem.
advice-rule-is-shadowed = Verwijder een van beide of wijzig de volgorde.
advice-rule-for-a-room-that-was-left = Verwijder de regel als je niet van plan bent terug te keren.
advice-room-is-muted-twice = Om weer iets van de kamer te horen, moeten beide worden verwijderd. Verwijder er nu een.
remedy-delete-rule = ‘{ $rule }’ verwijderen
remedy-enable-rule = ‘{ $rule }’ inschakelen
remedy-disable-rule = ‘{ $rule }’ uitschakelen
remedy-let-calls-ring = Oproepen laten afgaan op { $device }
remedy-send-encrypted-messages = Alle versleutelde berichten naar { $device } sturen
remedy-enable-pusher = { $device } inschakelen
remedy-delete-pusher = { $device } verwijderen
remedy-send-a-test = Een test naar { $device } sturen
remedy-own-handle-with-the-rules = { $device } een eigen kenmerk geven, met een kopie van de regels
remedy-own-handle-without-rules = { $device } een eigen kenmerk geven, zonder regels

## Devices
devices-title = Apparaten
devices-about = De apps waar deze server meldingen voor jou naartoe stuurt, wat ze doen en wat er mis mee is.
devices-none = Geen van je apparaten ontvangt al meldingen
devices-none-about = Het eerste scherm laat zien hoe je er een krijgt.
devices-removed = Verwijderd in de afgelopen 30 dagen
devices-device = Apparaat
devices-when = Verwijderd
devices-why = Waarom
device-arrived-unknown = niet bekend: de app haalt niet op waarover hij een melding krijgt
device-error = Laatste fout
device-held = Vastgehouden tot
device-waiting = Wachtrij
device-gateway = Gateway
device-gateway-none = geen
device-handle = Kenmerk
device-handle-none = geen
device-app = App id
device-settings = Instellingen
device-enabled = Meldingen op dit apparaat
device-badges = Het getal voor het app-pictogram meesturen
device-hold = Als je op een ander apparaat actief bent, wacht dan
device-hold-hint = Wat je daar in die tijd leest, wordt niet naar dit apparaat gestuurd.
device-hold-none = niet
removed-deleted = Verwijderd door jou of je app
removed-rejected = De gateway meldde dat het apparaat niet meer bestaat
removed-device-removed = Het apparaat is afgemeld
removed-taken-over = Een andere gebruiker heeft zich op het apparaat aangemeld
removed-account-closed = Het account is gesloten
removed-unsubscribed = Het abonnement is beëindigd
removed-address-removed = Het adres is verwijderd
removed-not-confirmed = De app heeft het niet bevestigd

## Try a rule
try-title = Een regel proberen
try-about = Er wordt niets verzonden of opgeslagen totdat je de regel opslaat.
try-event = De gebeurtenis
try-room-hint = Een kamer waar je in zit, voor de leden en je naam daar. Mag leeg blijven.
try-event-json = Gebeurtenis als JSON
try-bad-event = De gebeurtenis is geen JSON: { $error }
try-rule = De regel
try-subject = Geldt voor
try-subject-word = berichten met een woord
try-subject-room = alles in een kamer
try-subject-sender = alles van een persoon
try-subject-conditions = eigen voorwaarden
try-value-word = Woord; * en ? staan voor willekeurige letters
try-value-room = Kamer-id
try-value-sender = Gebruikers-id
try-value-conditions = Voorwaarden als JSON-lijst
try-effect = Het moet
try-effect-ring = afgaan
try-effect-highlight = afgaan en markeren
try-effect-quiet = een melding zonder geluid geven
try-effect-mute = geen melding geven
try-scope = Op
try-all-devices = alle apparaten
try-do = Proberen
try-result = Wat er zou gebeuren
try-counts = Je zou een melding van de gebeurtenis krijgen.
try-counts-not = Je zou geen melding van de gebeurtenis krijgen.
try-no-devices = Je hebt nog geen apparaat, dus er zou niets afgaan.
try-rings = Gaat af
try-silent = Stille melding
try-nothing = Niets
try-handle = Kenmerk { $handle }
try-save-account = Opslaan voor dit account
try-save-device = Opslaan voor dit apparaat
try-saved = Opgeslagen

preview-title = { $count ->
    [one] Je laatste gebeurtenis met deze regel
   *[other] Je laatste { $count } gebeurtenissen met deze regel
}
preview-account = Aantallen ongelezen
preview-none = er verandert niets
preview-rings = { $count ->
    [one] er gaat 1 meer af
   *[other] er gaan er { $count } meer af
}
preview-silent = { $count ->
    [one] 1 wordt stil
   *[other] { $count } worden stil
}
preview-differs = { $count ->
    [one] 1 klinkt anders
   *[other] { $count } klinken anders
}
preview-cut = De regels zijn te zwaar om voor alle gebeurtenissen te beoordelen.
change-rings = gaat af
change-silent = wordt stil
change-differs = klinkt anders

## A path without a screen
missing-title = Dit scherm bestaat niet
missing-about = De console heeft geen scherm op dit adres.

## Administration
admin-title = Beheer
admin-about = De gateways en de apparaten van alle gebruikers. Berichten en adressen van apparaten worden hier niet getoond.
admin-alarms = Alarmen
admin-no-alarms = Geen alarm
admin-alarm = { $share } van de pushes via { $gateway } kwam aan in { $window }; meestal is dat { $usual }.
admin-window-hour = het afgelopen uur
admin-window-day = de afgelopen dag
admin-trouble = { $app }: { $reason }, sinds { $since }
admin-gateways = Gateways
admin-no-gateways = Nog geen apparaat heeft een gateway.
admin-gateway = Gateway
admin-gateway-others = andere gateways
admin-devices = Apparaten
admin-failing = Storing
admin-queue = In de wachtrij
admin-oldest = Storing sinds
admin-hour = Aangekomen, afgelopen uur
admin-day = Aangekomen, afgelopen dag
admin-usual = Gebruikelijk
admin-share-unknown = niet bekend
admin-apps = Apps van de gateway van deze server
admin-no-apps = De gateway van deze server heeft geen app.
admin-app = App
admin-app-state = Status
admin-app-waiting = Verzoeken
admin-app-requests = { $running } bezig, { $waiting } in de wachtrij
admin-app-expires = Inloggegevens verlopen
admin-app-ok = Werkt
admin-app-degraded = Werkt gedeeltelijk
admin-app-failing = Storing
admin-app-alarmed = Weigert de meeste apparaten
admin-states = Statussen van apparaten
admin-state-count = { $count ->
    [one] 1 apparaat
   *[other] { $count } apparaten
}
admin-users = Apparaten van gebruikers
admin-user = Gebruiker
admin-find = Gebruiker of apparaat zoeken
admin-no-users = Geen apparaat gevonden.
admin-error = Laatste fout
admin-more = Meer laden
resend-do = Opnieuw sturen
resend-to = naar { $name }

## Gebruikers
users-title = Gebruikers
users-about = De accounts van deze server. Een wijziging geldt meteen.
users-find = Gebruikers-id of weergavenaam
users-search = Zoeken
users-none = Geen gebruiker gevonden.
users-seen = Laatste verzoek
users-admin = Beheerder
users-active = Actief
users-locked = Vergrendeld
users-suspended = Geschorst
users-lock = Vergrendelen
users-unlock = Ontgrendelen
users-suspend = Schorsen
users-unsuspend = Schorsing beëindigen
users-lock-about = Totdat je het ontgrendelt, kan { $user } het account niet gebruiken, en wordt er niets naar de apparaten gestuurd.
users-unlock-about = { $user } kan het account weer gebruiken, en de apparaten krijgen weer meldingen.
users-suspend-about = Totdat je de schorsing beëindigt, kan { $user } lezen, maar niets sturen of wijzigen wat anderen zien.
users-unsuspend-about = { $user } kan weer sturen, en wijzigen wat anderen zien.
