message = { $sender } : { $text }
sent-message = { $sender } a envoyé un message
sent-picture = { $sender } a envoyé une image
sent-video = { $sender } a envoyé une vidéo
sent-recording = { $sender } a envoyé un enregistrement
sent-file = { $sender } a envoyé un fichier
sent-location = { $sender } a envoyé une position
sent-sticker = { $sender } a envoyé un autocollant
sent-encrypted = { $sender } a envoyé un message chiffré
sent-nothing = { $sender } a envoyé un message sans texte
invited = { $sender } vous invite
invited-to = { $sender } vous invite dans { $room }
joined = { $sender } a rejoint le salon
knocked = { $sender } demande à rejoindre le salon
changed-members = { $sender } a modifié les membres du salon
voice-call = Appel vocal de { $sender }
video-call = Appel vidéo de { $sender }
did-something = { $sender } a fait quelque chose qu’une application peut afficher

new-notification = Nouvelle notification
unread =
    { $count ->
        [one] { $count } non lu
        [many] { $count } non lus
       *[other] { $count } non lus
    }

empty-room = Salon vide
room-invite = Invitation à un salon
name-and-others =
    { $count ->
        [one] { $name } et { $count } autre
        [many] { $name } et { $count } d’autres
       *[other] { $name } et { $count } autres
    }
