invalid-title = Questo link non è valido
invalid-text = È già stato usato, ha più di un’ora o è stato sostituito da un’e-mail più recente. Richiedi un’altra e-mail nella tua app.

confirm-title = È il tuo indirizzo?
confirm-text = Qualcuno vuole aggiungere { $address } a un account su { $server }.
confirm-hint = Se la richiesta è tua, conferma qui l’indirizzo e continua nella tua app. Altrimenti chiudi questa pagina: non cambierà nulla.
confirm-button = Conferma questo indirizzo
confirmed-title = Confermato
confirmed-text = { $address } è confermato. Continua nella tua app.

end-title = Interrompere le notifiche via e-mail?
end-text = Le notifiche per { $user } vengono inviate a { $address }.
end-button = Non inviare più e-mail
ended-title = Niente più e-mail
ended-text = Le notifiche via e-mail sono disattivate. Puoi riattivarle nelle impostazioni della tua app.
