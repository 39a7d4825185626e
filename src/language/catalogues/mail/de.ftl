message-from = Nachricht von { $sender }
message-from-in = Nachricht von { $sender } in { $room }
count-in-room =
    { $count ->
        [one] { $count } Benachrichtigung
       *[other] { $count } Benachrichtigungen
    } in { $room }
count-in-rooms =
    { $count ->
        [one] { $count } Benachrichtigung
       *[other] { $count } Benachrichtigungen
    } in { $rooms ->
        [one] { $rooms } Raum
       *[other] { $rooms } Räumen
    }
new-notifications = Neue Benachrichtigungen

more-events =
    { $count ->
        [one] { $count } frühere Nachricht
       *[other] { $count } frühere Nachrichten
    }
more-rooms =
    { $rooms ->
        [one] Und in { $rooms } weiteren Raum.
       *[other] Und in { $rooms } weiteren Räumen.
    }
wrote = { $sender }:
no-name = (ohne Namen)

about = { $server } schickt dir per E-Mail, was du noch nicht gelesen hast.
end-below = Zum Abbestellen öffne:
end-link = Keine E-Mails mehr senden
devices-link = Einstellungen deiner Geräte
why-link = Warum habe ich das bekommen?

test-subject = Test
test-text = Das ist ein Test. Benachrichtigungen kommen in diesem Postfach an.

confirm-subject = Bestätige deine E-Mail-Adresse
confirm-request = Jemand möchte diese Adresse zu einem Konto auf { $server } hinzufügen.
confirm-if-you = Wenn du das bist, öffne innerhalb einer Stunde diese Seite und bestätige die Adresse dort:
confirm-if-not = Wenn nicht, musst du nichts tun: Ohne Bestätigung wird die Adresse nicht hinzugefügt.
