message = { $sender }: { $text }
sent-message = { $sender } ha enviado un mensaje
sent-picture = { $sender } ha enviado una imagen
sent-video = { $sender } ha enviado un vídeo
sent-recording = { $sender } ha enviado una grabación
sent-file = { $sender } ha enviado un archivo
sent-location = { $sender } ha enviado una ubicación
sent-sticker = { $sender } ha enviado una pegatina
sent-encrypted = { $sender } ha enviado un mensaje cifrado
sent-nothing = { $sender } ha enviado un mensaje sin texto
invited = { $sender } te invita
invited-to = { $sender } te invita a { $room }
joined = { $sender } se ha unido
knocked = { $sender } solicita unirse
changed-members = { $sender } ha cambiado los miembros de la sala
voice-call = Llamada de voz de { $sender }
video-call = Videollamada de { $sender }
did-something = { $sender } ha hecho algo que una aplicación puede mostrar

new-notification = Notificación nueva
unread =
    { $count ->
        [one] { $count } sin leer
        [many] { $count } sin leer
       *[other] { $count } sin leer
    }

empty-room = Sala vacía
room-invite = Invitación a una sala
name-and-others =
    { $count ->
        [one] { $name } y { $count } persona más
        [many] { $name } y { $count } de personas más
       *[other] { $name } y { $count } personas más
    }
