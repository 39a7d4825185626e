message-from = Bericht van { $sender }
message-from-in = Bericht van { $sender } in { $room }
count-in-room =
    { $count ->
        [one] { $count } melding
       *[other] { $count } meldingen
    } in { $room }
count-in-rooms =
    { $count ->
        [one] { $count } melding
       *[other] { $count } meldingen
    } in { $rooms ->
        [one] { $rooms } kamer
       *[other] { $rooms } kamers
    }
new-notifications = Nieuwe meldingen

more-events =
    { $count ->
        [one] { $count } eerder bericht
       *[other] { $count } eerdere berichten
    }
more-rooms =
    { $rooms ->
        [one] En in nog { $rooms } kamer.
       *[other] En in nog { $rooms } kamers.
    }
wrote = { $sender }:
no-name = (geen naam)

about = { $server } mailt je wat je nog niet hebt gelezen.
end-below = Wil je dit niet meer, open dan:
end-link = Stuur geen e-mail meer
devices-link = Instellingen van je apparaten
why-link = Waarom heb ik dit gekregen?

test-subject = Test
test-text = Dit is een test. Meldingen komen aan in deze mailbox.

confirm-subject = Bevestig je e-mailadres
confirm-request = Er is gevraagd om dit adres toe te voegen aan een account op { $server }.
confirm-if-you = Heb jij dit gevraagd, open dan binnen een uur deze pagina en bevestig het adres daar:
confirm-if-not = Zo niet, dan hoef je niets te doen: het adres wordt alleen toegevoegd als je het bevestigt.
