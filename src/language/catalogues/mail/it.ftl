message-from = Messaggio da { $sender }
message-from-in = Messaggio da { $sender } in { $room }
count-in-room =
    { $count ->
        [one] { $count } notifica
        [many] { $count } di notifiche
       *[other] { $count } notifiche
    } in { $room }
count-in-rooms =
    { $count ->
        [one] { $count } notifica
        [many] { $count } di notifiche
       *[other] { $count } notifiche
    } in { $rooms ->
        [one] { $rooms } stanza
        [many] { $rooms } di stanze
       *[other] { $rooms } stanze
    }
new-notifications = Nuove notifiche

more-events =
    { $count ->
        [one] { $count } messaggio precedente
        [many] { $count } di messaggi precedenti
       *[other] { $count } messaggi precedenti
    }
more-rooms =
    { $rooms ->
        [one] E in { $rooms } altra stanza.
        [many] E in { $rooms } di altre stanze.
       *[other] E in altre { $rooms } stanze.
    }
wrote = { $sender }:
no-name = (senza nome)

about = { $server } ti invia per e-mail ciò che non hai letto.
end-below = Per non ricevere più queste e-mail, apri:
end-link = Non inviare più e-mail
devices-link = Impostazioni dei tuoi dispositivi
why-link = Perché l’ho ricevuto?

test-subject = Prova
test-text = Questa è una prova. Le notifiche arrivano in questa casella.

confirm-subject = Conferma il tuo indirizzo e-mail
confirm-request = È stato chiesto di aggiungere questo indirizzo a un account su { $server }.
confirm-if-you = Se la richiesta è tua, apri questa pagina entro un’ora e conferma lì l’indirizzo:
confirm-if-not = In caso contrario non devi fare nulla: l’indirizzo viene aggiunto solo se lo confermi.
