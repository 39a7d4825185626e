message-from = Mensaje de { $sender }
message-from-in = Mensaje de { $sender } en { $room }
count-in-room =
    { $count ->
        [one] { $count } notificación
        [many] { $count } de notificaciones
       *[other] { $count } notificaciones
    } en { $room }
count-in-rooms =
    { $count ->
        [one] { $count } notificación
        [many] { $count } de notificaciones
       *[other] { $count } notificaciones
    } en { $rooms ->
        [one] { $rooms } sala
        [many] { $rooms } de salas
       *[other] { $rooms } salas
    }
new-notifications = Notificaciones nuevas

more-events =
    { $count ->
        [one] { $count } mensaje anterior
        [many] { $count } de mensajes anteriores
       *[other] { $count } mensajes anteriores
    }
more-rooms =
    { $rooms ->
        [one] Y en { $rooms } sala más.
        [many] Y en { $rooms } de salas más.
       *[other] Y en { $rooms } salas más.
    }
wrote = { $sender }:
no-name = (sin nombre)

about = { $server } te envía por correo lo que no has leído.
end-below = Para dejar de recibir estos correos, abre:
end-link = No enviar más correos
devices-link = Ajustes de tus dispositivos
why-link = ¿Por qué he recibido esto?

test-subject = Prueba
test-text = Esto es una prueba. Las notificaciones llegan a este buzón.

confirm-subject = Confirma tu dirección de correo electrónico
confirm-request = Se ha solicitado añadir esta dirección a una cuenta en { $server }.
confirm-if-you = Si la solicitud es tuya, abre esta página antes de una hora y confírmala allí:
confirm-if-not = Si no, no tienes que hacer nada: la dirección solo se añade si la confirmas.
