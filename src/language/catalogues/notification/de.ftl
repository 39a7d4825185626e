message = { $sender }: { $text }
sent-message = { $sender } hat eine Nachricht gesendet
sent-picture = { $sender } hat ein Bild gesendet
sent-video = { $sender } hat ein Video gesendet
sent-recording = { $sender } hat eine Aufnahme gesendet
sent-file = { $sender } hat eine Datei gesendet
sent-location = { $sender } hat einen Standort gesendet
sent-sticker = { $sender } hat einen Sticker gesendet
sent-encrypted = { $sender } hat eine verschlüsselte Nachricht gesendet
sent-nothing = { $sender } hat eine Nachricht ohne Text gesendet
invited = { $sender } lädt dich ein
invited-to = { $sender } lädt dich in { $room } ein
joined = { $sender } ist beigetreten
knocked = { $sender } möchte beitreten
changed-members = { $sender } hat die Mitglieder des Raums geändert
voice-call = Sprachanruf von { $sender }
video-call = Videoanruf von { $sender }
did-something = { $sender } hat etwas getan, das eine App anzeigen kann

new-notification = Neue Benachrichtigung
unread =
    { $count ->
        [one] { $count } ungelesen
       *[other] { $count } ungelesen
    }

empty-room = Leerer Raum
room-invite = Einladung in einen Raum
name-and-others =
    { $count ->
        [one] { $name } und { $count } weitere Person
       *[other] { $name } und { $count } weitere Personen
    }
