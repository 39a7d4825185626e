message = { $sender }: { $text }
sent-message = { $sender } enviou uma mensagem
sent-picture = { $sender } enviou uma imagem
sent-video = { $sender } enviou um vídeo
sent-recording = { $sender } enviou uma gravação
sent-file = { $sender } enviou um arquivo
sent-location = { $sender } enviou uma localização
sent-sticker = { $sender } enviou uma figurinha
sent-encrypted = { $sender } enviou uma mensagem criptografada
sent-nothing = { $sender } enviou uma mensagem sem texto
invited = { $sender } convidou você
invited-to = { $sender } convidou você para { $room }
joined = { $sender } entrou
knocked = { $sender } pede para entrar
changed-members = { $sender } alterou os membros da sala
voice-call = Chamada de voz de { $sender }
video-call = Chamada de vídeo de { $sender }
did-something = { $sender } fez algo que um aplicativo pode mostrar

new-notification = Nova notificação
unread =
    { $count ->
        [one] { $count } não lida
        [many] { $count } não lidas
       *[other] { $count } não lidas
    }

empty-room = Sala vazia
room-invite = Convite para uma sala
name-and-others =
    { $count ->
        [one] { $name } e mais { $count } pessoa
        [many] { $name } e mais { $count } de pessoas
       *[other] { $name } e mais { $count } pessoas
    }
