message = { $sender }: { $text }
sent-message = { $sender } ha inviato un messaggio
sent-picture = { $sender } ha inviato un’immagine
sent-video = { $sender } ha inviato un video
sent-recording = { $sender } ha inviato una registrazione
sent-file = { $sender } ha inviato un file
sent-location = { $sender } ha inviato una posizione
sent-sticker = { $sender } ha inviato un adesivo
sent-encrypted = { $sender } ha inviato un messaggio cifrato
sent-nothing = { $sender } ha inviato un messaggio senza testo
invited = { $sender } ti invita
invited-to = { $sender } ti invita in { $room }
joined = { $sender } partecipa alla stanza
knocked = { $sender } chiede di partecipare
changed-members = { $sender } ha modificato i membri della stanza
voice-call = Chiamata vocale da { $sender }
video-call = Videochiamata da { $sender }
did-something = { $sender } ha fatto qualcosa che un’app può mostrare

new-notification = Nuova notifica
unread =
    { $count ->
        [one] { $count } non letto
        [many] { $count } non letti
       *[other] { $count } non letti
    }

empty-room = Stanza vuota
room-invite = Invito in una stanza
name-and-others =
    { $count ->
        [one] { $name } e { $count } altra persona
        [many] { $name } e { $count } di altre persone
       *[other] { $name } e altre { $count } persone
    }
