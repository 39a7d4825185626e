message-from = Message de { $sender }
message-from-in = Message de { $sender } dans { $room }
count-in-room =
    { $count ->
        [one] { $count } notification
        [many] { $count } de notifications
       *[other] { $count } notifications
    } dans { $room }
count-in-rooms =
    { $count ->
        [one] { $count } notification
        [many] { $count } de notifications
       *[other] { $count } notifications
    } dans { $rooms ->
        [one] { $rooms } salon
        [many] { $rooms } de salons
       *[other] { $rooms } salons
    }
new-notifications = Nouvelles notifications

more-events =
    { $count ->
        [one] { $count } message antérieur
        [many] { $count } de messages antérieurs
       *[other] { $count } messages antérieurs
    }
more-rooms =
    { $rooms ->
        [one] Et dans { $rooms } autre salon.
        [many] Et dans { $rooms } d’autres salons.
       *[other] Et dans { $rooms } autres salons.
    }
wrote = { $sender } :
no-name = (sans nom)

about = { $server } vous envoie par e-mail ce que vous n’avez pas lu.
end-below = Pour ne plus recevoir ces e-mails, ouvrez :
end-link = Ne plus recevoir d’e-mails
devices-link = Paramètres de vos appareils
why-link = Pourquoi ai-je reçu ceci ?

test-subject = Test
test-text = Ceci est un test. Les notifications arrivent dans cette boîte aux lettres.

confirm-subject = Confirmez votre adresse e-mail
confirm-request = Une demande a été faite pour ajouter cette adresse à un compte sur { $server }.
confirm-if-you = Si cette demande vient de vous, ouvrez cette page dans l’heure et confirmez-y l’adresse :
confirm-if-not = Sinon, vous n’avez rien à faire : l’adresse n’est ajoutée que si vous la confirmez.
