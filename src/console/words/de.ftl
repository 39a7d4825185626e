## Everywhere
skip = Zum Inhalt springen
close = Schließen
cancel = Abbrechen
nav-label = Ansichten
sign-out = Abmelden
copy-link = Link kopieren
copy-json = Als JSON kopieren
copy-done = Kopiert
copy-failed = Dein Browser hat das Kopieren nicht erlaubt
clock-differs = Die Uhr dieses Browsers weicht um { $by } von der Uhr des Servers ab. Die Zeiten unten sind die des Servers.
theme-label = Design: { $theme }
theme-system = wie das System
theme-light = hell
theme-dark = dunkel
language-label = Sprache
time-now = gerade eben
time-never = nie

## States of every screen
state-loading = Wird geladen
state-slow = Der Server braucht länger als sonst. Bitte noch etwas Geduld.
state-offline = Der Server ist nicht erreichbar
state-forbidden = Das darfst du nicht sehen
state-missing = Hier gibt es nichts, was du sehen darfst
state-failed = Der Server konnte nicht antworten
state-retry = Erneut versuchen

## Sign in
sign-in-title = Belfry
sign-in-about = Warum hat es geklingelt? Warum nicht? Melde dich mit deinem Matrix-Konto auf diesem Server an.
sign-in-user = Benutzername
sign-in-user-hint = Zum Beispiel alice oder @alice:example.org
sign-in-password = Passwort
sign-in-token = Zugriffstoken
sign-in-token-hint = Von einem Client oder einem Skript. Es bleibt gültig, wenn du dich hier abmeldest.
sign-in-token-of-link = Es kam mit dem Link, den du geöffnet hast.
sign-in-registration = Registrierungstoken
sign-in-registration-hint = Von einem Administrator dieses Servers.
sign-in-registration-refused = Dieses Registrierungstoken ist unbekannt, aufgebraucht oder abgelaufen
sign-in-do = Anmelden
sign-in-create = Konto erstellen
sign-in-with-account = Ein Konto erstellen
sign-in-new-user-hint = Kleinbuchstaben, Ziffern und . _ = / -
sign-in-busy = Anmeldung läuft …
sign-in-with-token = Zugriffstoken verwenden
sign-in-with-password = Passwort verwenden
sign-in-refused = Benutzername oder Passwort ist falsch
sign-in-token-refused = Der Server kennt dieses Zugriffstoken nicht

## Keys
keys-title = Tastenkürzel
keys-filter = Zum Filter springen
keys-next = Nächste Zeile
keys-previous = Vorherige Zeile
keys-open = Zeile öffnen
keys-back = Feld verlassen oder zurück zur Liste
keys-test = Zum ersten Test-Knopf springen
keys-help = Diese Liste
keys-switch = Tastenkürzel aus einem Buchstaben verwenden

## Today
today-title = Heute
today-devices = Deine Geräte
today-recent = Was zuletzt passiert ist
today-all = Alle Verläufe
device-success = Letzte Benachrichtigung
device-failing = Fehler seit
device-arrived = Angekommen nach { $after }
device-last-arrived = Zuletzt angekommen
device-usually = meist nach { $after }
device-not-seen = { $count ->
    [one] die letzte kam nicht an
   *[other] die letzten { $count } kamen nicht an
}
device-queued = { $count ->
    [one] 1 wartet
   *[other] { $count } warten
}
pusher-ok = Klingelt
pusher-unused = Noch nie benutzt
pusher-pending = Von der App nicht bestätigt
pusher-retrying = Neuer Versuch läuft
pusher-failing = Gestört
pusher-off = Aus
pusher-not-seen = Gesendet, aber nicht gesehen
test-send = Test senden
test-to = an { $name }
test-busy = Wird gesendet …
test-ok = Gesendet
test-rejected = Abgelehnt: Die App kennt dieses Gerät nicht
test-unreachable = Das Gateway ist nicht erreichbar
test-rate-limited = Das Gateway bittet um Geduld
test-not-registered = Dieses Gerät gibt es nicht mehr
test-blocked = Die Adresse des Gateways ist nicht erlaubt
test-disabled = Das Gerät ist ausgeschaltet
test-not-activated = Die App hat das Gerät nicht bestätigt
test-unsupported = Für diese Art von Gerät gibt es keinen Test
first-title = Noch empfängt keines deiner Geräte Benachrichtigungen
first-about = Eine App teilt dem Server mit, wohin er Benachrichtigungen senden soll; das nennt man einen Pusher. Es gibt zwei Wege dorthin:
first-client = Melde dich in Element X, FluffyChat oder SchildiChat als { $user } mit dem Server { $server } an und erlaube Benachrichtigungen.
first-curl = Oder lege auf diesem Server einen Test-Posteingang an. TOKEN ist ein Zugriffstoken von dir:
first-waiting = Wartet auf dein erstes Gerät. Diese Seite aktualisiert sich von selbst.

ring-do = Diesen Browser klingeln lassen
ring-step-permission = Dein Browser fragt, ob er Benachrichtigungen anzeigen darf …
ring-step-subscribe = Anmeldung beim Push-Dienst deines Browsers …
ring-step-confirm = Wartet auf den ersten Push …
ring-step-ring = Es klingelt …
ring-done = Gesendet. Dein Browser zeigt jetzt eine Benachrichtigung an.
ring-denied = Dein Browser erlaubt für diese Seite keine Benachrichtigungen. Erlaube sie in seinen Einstellungen für diese Website.
ring-off = Dieser Server hat kein Web Push (Einstellung push.web_push).
ring-no-service = Dein Browser konnte sich nicht bei seinem Push-Dienst anmelden.
ring-not-confirmed = Der erste Push kam nicht innerhalb von 20 Sekunden an. Prüfe, ob der Server das Internet erreicht.
ring-unsupported = Um diesen Browser klingeln zu lassen, öffne die Konsole über https oder auf localhost.
ring-app = Belfry-Konsole
ring-device = Dieser Browser
ring-title = Es klingelt
ring-text = Belfry erreicht diesen Browser.

## Journeys
journeys-title = Verläufe
journeys-event = Mit Ereignis-ID öffnen
list-event = Ereignis
list-why = Grund
list-no-devices = Kein Gerät
list-older = Ältere laden
list-news = { $count ->
    [one] 1 neuer
   *[other] { $count } neue
}
list-total = { $count ->
    [one] 1 Verlauf
   *[other] { $count } Verläufe
}
list-total-at-least = { $count ->
    [one] Mindestens 1 Verlauf
   *[other] Mindestens { $count } Verläufe
}
list-none = Noch ist nichts passiert
list-none-about = Jede Nachricht, die dir jemand sendet, erscheint hier von selbst, mit dem Grund, warum es geklingelt hat oder nicht.
list-none-match = Kein passender Verlauf
list-none-match-about = Entferne einen Filter oder warte: Neue Verläufe erscheinen von selbst.
live-connecting = Verbinden
live-live = Live
live-paused = Angehalten
live-failed = Alle 5 Sekunden
live-pause = Anhalten
live-resume = Fortsetzen
filter-state = Status
filter-device = Gerät
filter-since = Zeit
filter-room = Raum-ID
filter-all = Alle
filter-clear = Filter zurücksetzen
since-1h = Letzte Stunde
since-24h = Letzte 24 Stunden
since-7d = Letzte 7 Tage
device-state-sent = Gesendet
device-state-waiting = Wartet
device-state-held = Zurückgehalten
device-state-failing = Gestört
device-state-silent = Stumm
device-state-read-first = Vorher gelesen
device-state-skipped = Übersprungen
device-state-dropped = Abgewiesen
device-state-rejected = Abgelehnt
device-state-off = Aus
device-state-unknown = Unbekannt
type-m-room-message = Nachricht
type-m-room-encrypted = Verschlüsselte Nachricht
type-m-room-member = Mitgliedschaft
type-m-call-invite = Anruf
type-m-sticker = Sticker
type-m-room-topic = Thema
type-m-room-name = Raumname
type-m-room-tombstone = Raum-Upgrade
type-m-poll-start = Umfrage

## One journey
journey-title = Verlauf eines Ereignisses
journey-decision = Entscheidung
journey-devices = Geräte
journey-no-devices = Es gab kein Gerät
journey-no-devices-about = Als das Ereignis gesendet wurde, hatte dieser Benutzer keine App, die Benachrichtigungen empfängt.
journey-rule = Entscheidende Regel:
journey-rules = Push-Regeln in der Reihenfolge der Auswertung
journey-rules-changed = Die Regeln haben sich seitdem geändert. Die Liste zeigt die jetzigen Regeln; die Entscheidung ist die gespeicherte.
journey-try = Regel mit diesem Ereignis ausprobieren
journey-removed = Entfernt
journey-untraced = Der Server zeichnet keine Verläufe auf (Einstellung trace.enabled), deshalb fehlen die Versuche.
fact-when = Gesendet
fact-sender = Absender
fact-room = Raum
fact-type = Typ
fact-user = Verlauf für
fact-read = Gelesen
fact-read-yes = ja
fact-read-no = noch nicht
fact-event = Ereignis-ID
step-attempt = Versuch { $number }
step-status = Status { $status }
step-next = nächster Versuch
step-unknown = Unbekannt
step-waiting = Wartet
step-held = Zurückgehalten

step-sent = Gesendet
step-fetched = Angekommen
step-rejected = Abgelehnt
step-dropped = Abgewiesen
step-skipped = Nicht gesendet
step-cleared = Entfernt
step-not-queued = Nicht gesendet
step-not-seen = Nicht gesehen
step-gateway = Beim Gateway
reason-no-rule-matched = Keine Regel traf zu
reason-not-kept = Nicht mehr bekannt
reason-wakes-only = Weckt nur das Gerät
reason-rules-failed = Fehler in den Regeln
reason-not-fetched = Nicht gesehen
reason-read = Vorher gelesen
reason-gateway-failing = Gateway gestört
reason-mail-server-failing = Mailserver gestört
reason-suppressed-by-a-device-rule = Auf diesem Gerät stumm
reason-does-not-notify = Benachrichtigt nicht
reason-in-the-app-only = Nur in der App
reason-collapsed = Durch eine neuere ersetzt
reason-active-elsewhere = Zurückgehalten: anderswo aktiv
reason-no-pushers = Kein Gerät
reason-set-after-the-event = Erst später eingerichtet
reason-pusher-disabled = Gerät war aus
reason-disabled = Gerät ist aus
reason-not-activated = Von der App nicht bestätigt
reason-own-event = Eigenes Ereignis
reason-not-a-member = Kein Mitglied
reason-sender-is-ignored = Absender wird ignoriert
reason-redacted = Gelöschte Nachricht
reason-not-by-e-mail = Nicht per E-Mail
remedy-2xx = Das Gateway hat geantwortet, die Benachrichtigung aber nicht angenommen. Sein Betreiber findet den Grund im Protokoll.
remedy-3xx = Das Gateway hat mit einer Weiterleitung geantwortet. Richte den Pusher mit der endgültigen Adresse ein.
remedy-4xx = Das Gateway lehnt die Anfrage ab. Prüfe die app id und die Adresse des Pushers.
remedy-5xx = Das Gateway hat einen Fehler. Der Server versucht es von selbst noch einmal.
remedy-connection-refused = An der Adresse des Gateways antwortet nichts. Prüfe, ob es läuft, und den Port.
remedy-dns = Den Hostnamen des Gateways gibt es nicht. Prüfe die Adresse des Pushers.
remedy-timeout = Das Gateway hat nicht rechtzeitig geantwortet. Der Server versucht es von selbst noch einmal.
remedy-tls = Das Zertifikat des Gateways ist nicht vertrauenswürdig. Erneuere es oder füge seine Zertifizierungsstelle mit push.extra_ca hinzu.
remedy-blocked-by-the-IP-policy = Die Adresse ist nicht öffentlich. Erlaube sie mit push.allow_ip_ranges, wenn du ihr vertraust.

## Rules
rules-not-matched = { $count ->
    [one] 1 Regel traf nicht zu
   *[other] { $count } Regeln trafen nicht zu
}
rules-not-reached = { $count ->
    [one] 1 weitere Regel wurde nicht gebraucht.
   *[other] { $count } weitere Regeln wurden nicht gebraucht.
}
verdict-matched = Trifft zu
verdict-wakes-only = Weckt nur das Gerät
verdict-no-match = Trifft nicht zu
verdict-disabled = Aus
verdict-malformed = Fehlerhaft
verdict-not-evaluated = Nicht ausgewertet
check-holds = Erfüllt
check-fails = Nicht erfüllt
check-expected = erwartet
check-actual = tatsächlich
check-nothing = nichts
condition-event-match = Das Ereignis passt zu einem Muster
condition-event-property-is = Eine Eigenschaft des Ereignisses hat einen Wert
condition-event-property-contains = Eine Liste im Ereignis enthält einen Wert
condition-contains-display-name = Der Text enthält deinen Namen
condition-room-member-count = Der Raum hat eine bestimmte Mitgliederzahl
condition-sender-notification-permission = Der Absender darf den Raum benachrichtigen
rule-own = Eigene Regel { $id } ({ $kind })
rule-device = nur { $handle }
kind-override = override
kind-content = Wort
kind-room = Raum
kind-sender = Absender
kind-underride = underride
rule-m-rule-master = Alles stummgeschaltet
rule-m-rule-suppress-notices = Nachrichten von Bots
rule-m-rule-invite-for-me = Einladungen an dich
rule-m-rule-member-event = Änderungen bei Mitgliedern
rule-m-rule-is-user-mention = Erwähnungen von dir
rule-m-rule-contains-display-name = Dein Name im Text
rule-m-rule-is-room-mention = Erwähnungen des Raums
rule-m-rule-roomnotif = @room im Text
rule-m-rule-tombstone = Raum-Upgrades
rule-m-rule-reaction = Reaktionen
rule-m-rule-room-server-acl = Serverlisten von Räumen
rule-m-rule-suppress-edits = Bearbeitete Nachrichten
rule-m-rule-contains-user-name = Dein Benutzername im Text
rule-m-rule-call = Anrufe
rule-m-rule-encrypted-room-one-to-one = Verschlüsselte Nachrichten zu zweit
rule-m-rule-room-one-to-one = Nachrichten zu zweit
rule-m-rule-message = Nachrichten
rule-m-rule-encrypted = Verschlüsselte Nachrichten

## The table of rules
rules-title = Regeln
rules-about = Was wo klingelt. Eine Regel eines Geräts entscheidet vor den Regeln des Kontos, nur für dieses Gerät. Die Zahl der ungelesenen Nachrichten richtet sich allein nach dem Konto.
rules-account = Konto
rules-device = Gerät
rules-filter = Raum suchen
rules-rooms = Räume
rules-senders = Personen
rules-contents = Wörter
rules-room = Raum
rules-sender = Person
rules-content = Wort
rules-no-rooms = Kein Raum gefunden.
rules-no-senders = Keine Regel gilt für eine Person.
rules-no-contents = Keine Regel gilt für ein Wort.
rules-more = Mehr anzeigen
rules-cell = { $what }, { $where }
rules-effect = Wirkung
rules-period = Dauer
rules-save = Speichern
rules-add = Hinzufügen
rules-add-sender = Benutzer-ID einer Person
rules-add-content = Wort; * und ? stehen für beliebige Zeichen
rules-other = Andere Regeln
rules-own = Deine Regeln mit Bedingungen
rules-defaults = Standardregeln
rules-rule = Regel
rules-state = Status
rules-actions = Ändern
rules-on = Ein
rules-off = Aus
rules-switch-on = Einschalten
rules-switch-off = Ausschalten
rules-delete = Löschen
rules-ends = endet
effect-inherits = Wie üblich
effect-muted = Stummgeschaltet
effect-mentions = Nur Erwähnungen
effect-silent = Stumm
effect-quiet = Benachrichtigt ohne Ton
effect-rings = Klingelt
effect-highlight = Klingelt und hebt hervor
period-always = unbegrenzt
period-hour = eine Stunde
period-work = acht Stunden
period-day = ein Tag

## The doctor
doctor-title = Diagnose
doctor-nothing = Deinen Benachrichtigungen steht nichts im Weg
doctor-more = { $count ->
    [one] Ein weiterer Befund erscheint, wenn diese behoben sind.
   *[other] { $count } weitere Befunde erscheinen, wenn diese behoben sind.
}
severity-problem = Problem
severity-warning = Warnung
severity-hint = Hinweis
finding-busy = Wird geändert …
finding-done = Erledigt
finding-no-pusher = Keines deiner Geräte empfängt Benachrichtigungen.
finding-notifications-are-off = Alle Benachrichtigungen sind ausgeschaltet.
finding-no-process-delivers = Der Server sendet zurzeit keine Benachrichtigungen. Sie warten, bis er es wieder tut.
finding-pusher-is-failing = Benachrichtigungen an { $device } schlagen seit { $since } fehl.
finding-pusher-is-retrying = Benachrichtigungen an { $device } schlagen seit { $since } fehl.
finding-pusher-is-disabled = { $device } ist ausgeschaltet.
finding-pusher-is-not-confirmed = Die App auf { $device } hat nicht bestätigt, dass sie Benachrichtigungen möchte.
finding-pushes-do-not-arrive = { $device } hat seit { $since } nichts abgeholt, worüber es benachrichtigt wurde.
finding-handle-is-shared = { $device } hat dieselben Regeln wie ein anderes Gerät, weil beide die Kennung { $handle } haben.
finding-device-rules-without-a-pusher = Es gibt Regeln für die Kennung { $handle }, aber kein Gerät hat sie.
finding-calls-cannot-ring = Anrufe können auf { $device } nicht klingeln, wegen dieser Regel: { $rule }.
finding-calls-in-a-room-cannot-ring = Anrufe in { $room } können auf { $device } nicht klingeln, wegen dieser Regel: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Der Server kann Erwähnungen in einem verschlüsselten Raum nicht sehen, und { $device }, das es könnte, erfährt nichts von dessen Nachrichten.
   *[other] Der Server kann Erwähnungen in { $count } verschlüsselten Räumen nicht sehen, und { $device }, das es könnte, erfährt nichts von deren Nachrichten.
}
finding-rule-contradicts-itself = { $rule } kann nie zutreffen, weil sich die Bedingungen gegenseitig ausschließen.
finding-rule-has-an-unknown-condition = { $rule } kann nie zutreffen, weil der Server eine der Bedingungen nicht kennt.
finding-rule-is-shadowed = { $rule } kann nie zutreffen, weil diese Regel vorher kommt und auf dasselbe zutrifft: { $other }.
finding-rule-for-a-room-that-was-left = { $rule } gilt für einen Raum, in dem du nicht bist.
finding-room-is-muted-twice = { $room } ist durch zwei Regeln stummgeschaltet: { $other } und { $rule }.
advice-no-pusher = Melde dich mit einer App auf deinem Gerät an und erlaube ihre Benachrichtigungen.
advice-notifications-are-off = Schalte sie ein, um überhaupt etwas mitzubekommen.
advice-no-process-delivers = Frage die Administratoren des Servers. Nichts geht verloren.
advice-pusher-is-failing = Der Server versucht es von selbst weiter. Wenn die App nicht mehr auf dem Gerät ist, lösche dieses Gerät; sonst muss sein Gateway repariert werden.
advice-pusher-is-retrying = Der Server versucht es von selbst weiter, und nichts geht verloren.
advice-pusher-was-removed = Öffne die App auf dem Gerät, damit sie sich wieder für Benachrichtigungen anmeldet.
advice-pusher-is-disabled = Schalte es ein, um dort Benachrichtigungen zu bekommen.
advice-pusher-is-not-confirmed = Öffne die App auf dem Gerät.
advice-pushes-do-not-arrive = Öffne die App auf dem Gerät. Prüfe, ob das Gerät online ist und sein System der App erlaubt, Benachrichtigungen zu empfangen und im Hintergrund zu laufen.
advice-handle-is-shared = Wenn das nicht gewollt ist, gib diesem Gerät eine eigene Kennung.
advice-device-rules-without-a-pusher = Sie gelten wieder, sobald sich eine App mit dieser Kennung anmeldet.
advice-calls-cannot-ring = Ändere diese Regel oder füge eine Regel für Anrufe hinzu.
advice-calls-in-a-room-cannot-ring = Lass die Anrufe dieses Raums klingeln oder lass ihn stummgeschaltet.
advice-mentions-in-encrypted-rooms-are-hidden = Sende verschlüsselte Nachrichten an das Gerät, damit es nach Erwähnungen suchen kann.
advice-rule-has-an-unknown-condition = Korrigiere die Regel oder lösche sie.
advice-rule-contradicts-itself = Korrigiere die Regel oder lösche sie.
advice-rule-is-shadowed = Lösche eine von beiden oder ändere ihre Reihenfolge.
advice-rule-for-a-room-that-was-left = Lösche die Regel, wenn du nicht zurückkehren willst.
advice-room-is-muted-twice = Um wieder aus dem Raum zu hören, müssen beide gelöscht werden. Lösche jetzt eine davon.
remedy-delete-rule = { $rule } löschen
remedy-enable-rule = { $rule } einschalten
remedy-disable-rule = { $rule } ausschalten
remedy-let-calls-ring = Anrufe auf { $device } klingeln lassen
remedy-send-encrypted-messages = Alle verschlüsselten Nachrichten an { $device } senden
remedy-enable-pusher = { $device } einschalten
remedy-delete-pusher = { $device } löschen
remedy-send-a-test = Test an { $device } senden
remedy-own-handle-with-the-rules = { $device } eine eigene Kennung geben, mit einer Kopie der Regeln
remedy-own-handle-without-rules = { $device } eine eigene Kennung geben, ohne Regeln

## Devices
devices-title = Geräte
devices-about = Die Apps, die dieser Server für dich benachrichtigt, was sie tun und was mit ihnen nicht stimmt.
devices-none = Noch empfängt keines deiner Geräte Benachrichtigungen
devices-none-about = Die erste Ansicht zeigt, wie du eines bekommst.
devices-removed = In den letzten 30 Tagen entfernt
devices-device = Gerät
devices-when = Entfernt
devices-why = Grund
device-arrived-unknown = nicht bekannt: Die App holt nicht ab, was ihr gemeldet wird
device-error = Letzter Fehler
device-held = Zurückgehalten bis
device-waiting = Warteschlange
device-gateway = Gateway
device-gateway-none = keines
device-handle = Kennung
device-handle-none = keine
device-app = App id
device-settings = Einstellungen
device-enabled = Benachrichtigungen auf diesem Gerät
device-badges = Zahl für das App-Symbol senden
device-hold = Wartezeit, solange du auf einem anderen Gerät aktiv bist
device-hold-hint = Was du in dieser Zeit dort liest, wird nicht an dieses Gerät gesendet.
device-hold-none = keine
removed-deleted = Von dir oder deiner App gelöscht
removed-rejected = Sein Gateway hat gemeldet, dass es das Gerät nicht mehr gibt
removed-device-removed = Das Gerät wurde abgemeldet
removed-taken-over = Ein anderer Benutzer hat sich auf dem Gerät angemeldet
removed-account-closed = Das Konto wurde geschlossen
removed-unsubscribed = Das Abonnement wurde beendet
removed-address-removed = Die Adresse wurde entfernt
removed-not-confirmed = Die App hat es nicht bestätigt

## Try a rule
try-title = Regel ausprobieren
try-about = Es wird nichts gesendet und nichts gespeichert, bis du die Regel speicherst.
try-event = Das Ereignis
try-room-hint = Ein Raum, dem du beigetreten bist, wegen seiner Mitglieder und deines Namens dort. Kann leer bleiben.
try-event-json = Ereignis als JSON
try-bad-event = Das Ereignis ist kein JSON: { $error }
try-rule = Die Regel
try-subject = Sie gilt für
try-subject-word = Nachrichten mit einem Wort
try-subject-room = alles in einem Raum
try-subject-sender = alles von einer Person
try-subject-conditions = eigene Bedingungen
try-value-word = Wort; * und ? stehen für beliebige Zeichen
try-value-room = Raum-ID
try-value-sender = Benutzer-ID
try-value-conditions = Bedingungen als JSON-Liste
try-effect = Sie soll
try-effect-ring = klingeln
try-effect-highlight = klingeln und hervorheben
try-effect-quiet = ohne Ton benachrichtigen
try-effect-mute = nicht benachrichtigen
try-scope = Gilt auf
try-all-devices = allen Geräten
try-do = Ausprobieren
try-result = Was passieren würde
try-counts = Das Ereignis würde dich benachrichtigen.
try-counts-not = Das Ereignis würde dich nicht benachrichtigen.
try-no-devices = Du hast noch kein Gerät, also würde nichts klingeln.
try-rings = Klingelt
try-silent = Benachrichtigt lautlos
try-nothing = Nichts
try-handle = Kennung { $handle }
try-save-account = Für dieses Konto speichern
try-save-device = Für dieses Gerät speichern
try-saved = Gespeichert

preview-title = { $count ->
    [one] Dein letztes Ereignis mit dieser Regel
   *[other] Deine letzten { $count } Ereignisse mit dieser Regel
}
preview-account = Ungelesen-Zähler
preview-none = keine Änderung
preview-rings = { $count ->
    [one] 1 klingelt zusätzlich
   *[other] { $count } klingeln zusätzlich
}
preview-silent = { $count ->
    [one] 1 verstummt
   *[other] { $count } verstummen
}
preview-differs = { $count ->
    [one] 1 klingt anders
   *[other] { $count } klingen anders
}
preview-cut = Die Regeln sind zu aufwendig, um sie für alle auszuwerten.
change-rings = klingelt
change-silent = verstummt
change-differs = klingt anders

## A path without a screen
missing-title = Ansicht nicht gefunden
missing-about = Die Konsole hat unter dieser Adresse keine Ansicht.

## Administration
admin-title = Verwaltung
admin-about = Die Gateways und die Geräte aller Benutzer. Nachrichten und Adressen von Geräten werden hier nicht angezeigt.
admin-alarms = Alarme
admin-no-alarms = Kein Alarm
admin-alarm = { $share } der Pushes über { $gateway } sind { $window } angekommen; üblich sind { $usual }.
admin-window-hour = in der letzten Stunde
admin-window-day = am letzten Tag
admin-trouble = { $app }: { $reason }, seit { $since }
admin-gateways = Gateways
admin-no-gateways = Noch hat kein Gerät ein Gateway.
admin-gateway = Gateway
admin-gateway-others = andere Gateways
admin-devices = Geräte
admin-failing = Gestört
admin-queue = Wartend
admin-oldest = Gestört seit
admin-hour = Angekommen, letzte Stunde
admin-day = Angekommen, letzter Tag
admin-usual = Üblich
admin-share-unknown = nicht bekannt
admin-apps = Apps des Gateways dieses Servers
admin-no-apps = Das Gateway dieses Servers hat keine App.
admin-app = App
admin-app-state = Status
admin-app-waiting = Anfragen
admin-app-requests = { $running } laufen, { $waiting } warten
admin-app-expires = Zugangsdaten laufen ab
admin-app-ok = Funktioniert
admin-app-degraded = Funktioniert teilweise
admin-app-failing = Gestört
admin-app-alarmed = Lehnt die meisten Geräte ab
admin-states = Status der Geräte
admin-state-count = { $count ->
    [one] 1 Gerät
   *[other] { $count } Geräte
}
admin-users = Geräte der Benutzer
admin-user = Benutzer
admin-find = Benutzer oder Gerät suchen
admin-no-users = Kein Gerät gefunden.
admin-error = Letzter Fehler
admin-more = Mehr laden
resend-do = Erneut senden
resend-to = an { $name }

## Benutzer
users-title = Benutzer
users-about = Die Konten dieses Servers. Eine Änderung gilt sofort.
users-find = Benutzer-ID oder Anzeigename
users-search = Suchen
users-none = Kein Benutzer gefunden.
users-seen = Letzte Anfrage
users-admin = Administrator
users-active = Aktiv
users-locked = Gesperrt
users-suspended = Eingeschränkt
users-lock = Sperren
users-unlock = Entsperren
users-suspend = Einschränken
users-unsuspend = Einschränkung beenden
users-lock-about = Bis du das Konto entsperrst, kann { $user } es nicht benutzen, und an seine Geräte wird nichts gesendet.
users-unlock-about = { $user } kann das Konto wieder benutzen, und seine Geräte werden wieder benachrichtigt.
users-suspend-about = Bis du die Einschränkung beendest, kann { $user } lesen, aber nichts senden oder ändern, was andere sehen.
users-unsuspend-about = { $user } kann wieder senden und ändern, was andere sehen.
