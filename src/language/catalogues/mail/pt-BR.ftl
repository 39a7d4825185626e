message-from = Mensagem de { $sender }
message-from-in = Mensagem de { $sender } em { $room }
count-in-room =
    { $count ->
        [one] { $count } notificação
        [many] { $count } de notificações
       *[other] { $count } notificações
    } em { $room }
count-in-rooms =
    { $count ->
        [one] { $count } notificação
        [many] { $count } de notificações
       *[other] { $count } notificações
    } em { $rooms ->
        [one] { $rooms } sala
        [many] { $rooms } de salas
       *[other] { $rooms } salas
    }
new-notifications = Novas notificações

more-events =
    { $count ->
        [one] { $count } mensagem anterior
        [many] { $count } de mensagens anteriores
       *[other] { $count } mensagens anteriores
    }
more-rooms =
    { $rooms ->
        [one] E em mais { $rooms } sala.
        [many] E em mais { $rooms } de salas.
       *[other] E em mais { $rooms } salas.
    }
wrote = { $sender }:
no-name = (sem nome)

about = { $server } envia por e-mail o que você não leu.
end-below = Para não receber mais estes e-mails, abra:
end-link = Não enviar mais e-mails
devices-link = Configurações dos seus dispositivos
why-link = Por que recebi isto?

test-subject = Teste
test-text = Este é um teste. As notificações chegam a esta caixa de entrada.

confirm-subject = Confirme seu endereço de e-mail
confirm-request = Foi solicitada a inclusão deste endereço em uma conta em { $server }.
confirm-if-you = Se foi você, abra esta página em até uma hora e confirme o endereço nela:
confirm-if-not = Se não foi você, não é preciso fazer nada: o endereço só é adicionado após a confirmação.
