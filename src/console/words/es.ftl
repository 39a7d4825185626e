## Everywhere
skip = Ir al contenido
close = Cerrar
cancel = Cancelar
nav-label = Pantallas
sign-out = Cerrar sesión
copy-link = Copiar enlace
copy-json = Copiar como JSON
copy-done = Copiado
copy-failed = Tu navegador no permitió copiar
clock-differs = El reloj de este navegador difiere en { $by } del reloj del servidor. Las horas de abajo son las del servidor.
theme-label = Tema: { $theme }
theme-system = como el sistema
theme-light = claro
theme-dark = oscuro
language-label = Idioma
time-now = ahora mismo
time-never = nunca

## States of every screen
state-loading = Cargando
state-slow = El servidor tarda más de lo normal. Seguimos esperando.
state-offline = No se puede conectar con el servidor
state-forbidden = No tienes permiso para ver esto
state-missing = Aquí no hay nada que puedas ver
state-failed = El servidor no pudo responder
state-retry = Reintentar

## Sign in
sign-in-title = Belfry
sign-in-about = ¿Por qué sonó? ¿Por qué no? Inicia sesión con tu cuenta de Matrix en este servidor.
sign-in-user = Nombre de usuario
sign-in-user-hint = Por ejemplo, alice o @alice:example.org
sign-in-password = Contraseña
sign-in-token = Token de acceso
sign-in-token-hint = De un cliente o un script. Sigue siendo válido cuando cierras sesión aquí.
sign-in-token-of-link = Venía en el enlace que abriste.
sign-in-registration = Token de registro
sign-in-registration-hint = De un administrador de este servidor.
sign-in-registration-refused = Este token de registro es desconocido, está agotado o ha caducado
sign-in-do = Iniciar sesión
sign-in-create = Crear la cuenta
sign-in-with-account = Crear una cuenta
sign-in-new-user-hint = Letras minúsculas, dígitos y . _ = / -
sign-in-busy = Iniciando sesión…
sign-in-with-token = Usar un token de acceso
sign-in-with-password = Usar una contraseña
sign-in-refused = El nombre de usuario o la contraseña no son correctos
sign-in-token-refused = El servidor no conoce este token de acceso

## Keys
keys-title = Atajos de teclado
keys-filter = Ir al filtro
keys-next = Fila siguiente
keys-previous = Fila anterior
keys-open = Abrir la fila
keys-back = Salir de un campo o volver a la lista
keys-test = Ir al primer botón de prueba
keys-help = Esta lista
keys-switch = Usar atajos de una sola letra

## Today
today-title = Hoy
today-devices = Tus dispositivos
today-recent = Actividad reciente
today-all = Todos los recorridos
device-success = Última notificación
device-failing = Falla desde
device-arrived = Llegó tras { $after }
device-last-arrived = Última llegada
device-usually = normalmente tras { $after }
device-not-seen = { $count ->
    [one] la última no llegó
    [many] las últimas { $count } no llegaron
   *[other] las últimas { $count } no llegaron
}
device-queued = { $count ->
    [one] 1 en espera
    [many] { $count } en espera
   *[other] { $count } en espera
}
pusher-ok = Suena
pusher-unused = Aún sin usar
pusher-pending = Sin confirmar por su aplicación
pusher-retrying = Reintentando
pusher-failing = Falla
pusher-off = Desactivado
pusher-not-seen = Enviado, pero no visto
test-send = Enviar prueba
test-to = a { $name }
test-busy = Enviando…
test-ok = Enviado
test-rejected = Rechazado: la aplicación no tiene ese dispositivo
test-unreachable = No se puede conectar con la pasarela
test-rate-limited = La pasarela pide esperar
test-not-registered = Ese dispositivo ya no existe
test-blocked = La dirección de la pasarela no está permitida
test-disabled = El dispositivo está desactivado
test-not-activated = La aplicación no ha confirmado el dispositivo
test-unsupported = Este tipo de dispositivo no tiene prueba
first-title = Ninguno de tus dispositivos recibe notificaciones todavía
first-about = Una aplicación le dice al servidor adónde enviar las notificaciones; eso se llama pusher. Hay dos formas de conseguir uno:
first-client = Inicia sesión en Element X, FluffyChat o SchildiChat como { $user }, con el servidor { $server }, y permite las notificaciones.
first-curl = O crea un buzón de prueba en este servidor. TOKEN es un token de acceso tuyo:
first-waiting = Esperando tu primer dispositivo. Esta página se actualiza sola.

ring-do = Hacer sonar este navegador
ring-step-permission = Tu navegador pregunta si puede mostrar notificaciones…
ring-step-subscribe = Suscribiéndose al servicio push de tu navegador…
ring-step-confirm = Esperando el primer push…
ring-step-ring = Sonando…
ring-done = Enviado. Tu navegador muestra ahora una notificación.
ring-denied = Tu navegador no permite notificaciones para esta página. Permítelas en sus ajustes para este sitio.
ring-off = Este servidor no tiene Web Push (ajuste push.web_push).
ring-no-service = Tu navegador no pudo suscribirse a su servicio push.
ring-not-confirmed = El primer push no llegó en 20 segundos. Comprueba que el servidor tenga acceso a internet.
ring-unsupported = Para hacer sonar este navegador, abre la consola por https o en localhost.
ring-app = Consola de Belfry
ring-device = Este navegador
ring-title = Suena
ring-text = Belfry llega a este navegador.

## Journeys
journeys-title = Recorridos
journeys-event = Abrir por ID de evento
list-event = Evento
list-why = Motivo
list-no-devices = Ningún dispositivo
list-older = Cargar anteriores
list-news = { $count ->
    [one] 1 nuevo
    [many] { $count } nuevos
   *[other] { $count } nuevos
}
list-total = { $count ->
    [one] 1 recorrido
    [many] { $count } recorridos
   *[other] { $count } recorridos
}
list-total-at-least = { $count ->
    [one] Al menos 1 recorrido
    [many] Al menos { $count } recorridos
   *[other] Al menos { $count } recorridos
}
list-none = Todavía no ha pasado nada
list-none-about = Cada mensaje que alguien te envía aparece aquí solo, con el motivo por el que sonó o no.
list-none-match = Ningún recorrido coincide
list-none-match-about = Quita un filtro o espera: los recorridos nuevos aparecen solos.
live-connecting = Conectando
live-live = En directo
live-paused = En pausa
live-failed = Cada 5 segundos
live-pause = Pausar
live-resume = Reanudar
filter-state = Estado
filter-device = Dispositivo
filter-since = Periodo
filter-room = ID de la sala
filter-all = Todos
filter-clear = Borrar filtros
since-1h = Última hora
since-24h = Últimas 24 horas
since-7d = Últimos 7 días
device-state-sent = Enviado
device-state-waiting = En espera
device-state-held = Retenido
device-state-failing = Falla
device-state-silent = Silencioso
device-state-read-first = Leído antes
device-state-skipped = Omitido
device-state-dropped = Denegado
device-state-rejected = Rechazado
device-state-off = Desactivado
device-state-unknown = Desconocido
type-m-room-message = Mensaje
type-m-room-encrypted = Mensaje cifrado
type-m-room-member = Membresía
type-m-call-invite = Llamada
type-m-sticker = Sticker
type-m-room-topic = Tema
type-m-room-name = Nombre de la sala
type-m-room-tombstone = Actualización de la sala
type-m-poll-start = Encuesta

## One journey
journey-title = Recorrido de un evento
journey-decision = Decisión
journey-devices = Dispositivos
journey-no-devices = No había ningún dispositivo
journey-no-devices-about = Cuando se envió el evento, este usuario no tenía ninguna aplicación que recibiera notificaciones.
journey-rule = Regla decisiva:
journey-rules = Reglas push en orden de evaluación
journey-rules-changed = Las reglas han cambiado desde entonces. La lista muestra las reglas actuales; la decisión es la que se guardó.
journey-try = Probar una regla con este evento
journey-removed = Eliminado
journey-untraced = El servidor no registra recorridos (ajuste trace.enabled), por eso faltan los intentos.
fact-when = Enviado
fact-sender = Remitente
fact-room = Sala
fact-type = Tipo
fact-user = Recorrido para
fact-read = Leído
fact-read-yes = sí
fact-read-no = todavía no
fact-event = ID del evento
step-attempt = intento { $number }
step-status = estado { $status }
step-next = próximo intento
step-unknown = Desconocido
step-waiting = En espera
step-held = Retenido

step-sent = Enviado
step-fetched = Llegó
step-rejected = Rechazado
step-dropped = Denegado
step-skipped = No enviado
step-cleared = Eliminado
step-not-queued = No enviado
step-not-seen = No visto
step-gateway = En la pasarela
reason-no-rule-matched = Ninguna regla coincidió
reason-not-kept = Ya no se conoce
reason-wakes-only = Solo despierta el dispositivo
reason-rules-failed = Fallaron las reglas
reason-not-fetched = No visto
reason-read = Leído antes
reason-gateway-failing = La pasarela falla
reason-mail-server-failing = El servidor de correo falla
reason-suppressed-by-a-device-rule = Silenciado en este dispositivo
reason-does-not-notify = No notifica
reason-in-the-app-only = Solo en la aplicación
reason-collapsed = Sustituido por uno más nuevo
reason-active-elsewhere = Retenido: actividad en otro dispositivo
reason-no-pushers = Ningún dispositivo
reason-set-after-the-event = Configurado más tarde
reason-pusher-disabled = El dispositivo estaba desactivado
reason-disabled = El dispositivo está desactivado
reason-not-activated = Sin confirmar por su aplicación
reason-own-event = Evento propio
reason-not-a-member = No es miembro
reason-sender-is-ignored = Remitente ignorado
reason-redacted = Mensaje eliminado
reason-not-by-e-mail = No por correo
remedy-2xx = La pasarela respondió, pero no aceptó la notificación. Su operador puede encontrar el motivo en su registro.
remedy-3xx = La pasarela respondió con una redirección. Configura el pusher con la dirección final.
remedy-4xx = La pasarela rechaza la solicitud. Comprueba el app id y la dirección del pusher.
remedy-5xx = La pasarela tiene un fallo. El servidor lo reintenta automáticamente.
remedy-connection-refused = Nada responde en la dirección de la pasarela. Comprueba que esté en marcha y su puerto.
remedy-dns = El nombre de host de la pasarela no existe. Comprueba la dirección del pusher.
remedy-timeout = La pasarela no respondió a tiempo. El servidor lo reintenta automáticamente.
remedy-tls = El certificado de la pasarela no es de confianza. Renuévalo o añade su autoridad con push.extra_ca.
remedy-blocked-by-the-IP-policy = La dirección no es pública. Permítela con push.allow_ip_ranges si confías en ella.

## Rules
rules-not-matched = { $count ->
    [one] 1 regla no coincidió
    [many] { $count } reglas no coincidieron
   *[other] { $count } reglas no coincidieron
}
rules-not-reached = { $count ->
    [one] 1 regla más no hizo falta.
    [many] { $count } reglas más no hicieron falta.
   *[other] { $count } reglas más no hicieron falta.
}
verdict-matched = Coincide
verdict-wakes-only = Solo despierta el dispositivo
verdict-no-match = No coincide
verdict-disabled = Desactivada
verdict-malformed = Mal formada
verdict-not-evaluated = Sin evaluar
check-holds = Se cumple
check-fails = No se cumple
check-expected = esperado
check-actual = real
check-nothing = nada
condition-event-match = El evento coincide con un patrón
condition-event-property-is = Una propiedad del evento tiene un valor
condition-event-property-contains = Una lista del evento contiene un valor
condition-contains-display-name = El texto contiene tu nombre
condition-room-member-count = La sala tiene cierto número de miembros
condition-sender-notification-permission = El remitente puede notificar a la sala
rule-own = Regla propia { $id } ({ $kind })
rule-device = solo { $handle }
kind-override = override
kind-content = palabra
kind-room = sala
kind-sender = remitente
kind-underride = underride
rule-m-rule-master = Todo silenciado
rule-m-rule-suppress-notices = Mensajes de bots
rule-m-rule-invite-for-me = Invitaciones para ti
rule-m-rule-member-event = Cambios de miembros
rule-m-rule-is-user-mention = Menciones a ti
rule-m-rule-contains-display-name = Tu nombre en el texto
rule-m-rule-is-room-mention = Menciones a la sala
rule-m-rule-roomnotif = @room en el texto
rule-m-rule-tombstone = Actualizaciones de salas
rule-m-rule-reaction = Reacciones
rule-m-rule-room-server-acl = Listas de servidores de salas
rule-m-rule-suppress-edits = Ediciones de mensajes
rule-m-rule-contains-user-name = Tu nombre de usuario en el texto
rule-m-rule-call = Llamadas
rule-m-rule-encrypted-room-one-to-one = Mensajes cifrados entre dos personas
rule-m-rule-room-one-to-one = Mensajes entre dos personas
rule-m-rule-message = Mensajes
rule-m-rule-encrypted = Mensajes cifrados

## The table of rules
rules-title = Reglas
rules-about = Qué suena y dónde. Una regla de un dispositivo decide antes que las reglas de la cuenta, solo para ese dispositivo. El número de no leídos depende solo de la cuenta.
rules-account = Cuenta
rules-device = Dispositivo
rules-filter = Buscar una sala
rules-rooms = Salas
rules-senders = Personas
rules-contents = Palabras
rules-room = Sala
rules-sender = Persona
rules-content = Palabra
rules-no-rooms = No se encontró ninguna sala.
rules-no-senders = No hay reglas para personas.
rules-no-contents = No hay reglas para palabras.
rules-more = Mostrar más
rules-cell = { $what }, { $where }
rules-effect = Efecto
rules-period = Duración
rules-save = Guardar
rules-add = Añadir
rules-add-sender = ID de usuario de una persona
rules-add-content = Palabra; * y ? representan letras cualesquiera
rules-other = Otras reglas
rules-own = Tus reglas con condiciones
rules-defaults = Reglas predeterminadas
rules-rule = Regla
rules-state = Estado
rules-actions = Cambiar
rules-on = Activada
rules-off = Desactivada
rules-switch-on = Activar
rules-switch-off = Desactivar
rules-delete = Eliminar
rules-ends = termina
effect-inherits = Como siempre
effect-muted = Silenciado
effect-mentions = Solo menciones
effect-silent = Silencioso
effect-quiet = Notifica sin sonido
effect-rings = Suena
effect-highlight = Suena y resalta
period-always = sin límite
period-hour = una hora
period-work = ocho horas
period-day = un día

## The doctor
doctor-title = Diagnóstico
doctor-nothing = Nada impide que lleguen tus notificaciones
doctor-more = { $count ->
    [one] Aparecerá un resultado más cuando se corrijan estos.
    [many] Aparecerán { $count } resultados más cuando se corrijan estos.
   *[other] Aparecerán { $count } resultados más cuando se corrijan estos.
}
severity-problem = Problema
severity-warning = Advertencia
severity-hint = Sugerencia
finding-busy = Cambiando…
finding-done = Hecho
finding-no-pusher = Ninguno de tus dispositivos recibe notificaciones.
finding-notifications-are-off = Todas las notificaciones están desactivadas.
finding-no-process-delivers = El servidor no envía notificaciones en este momento. Esperan hasta que vuelva a hacerlo.
finding-pusher-is-failing = Las notificaciones a { $device } fallan desde { $since }.
finding-pusher-is-retrying = Las notificaciones a { $device } fallan desde { $since }.
finding-pusher-is-disabled = { $device } está desactivado.
finding-pusher-is-not-confirmed = La aplicación en { $device } no ha confirmado que quiere notificaciones.
finding-pushes-do-not-arrive = { $device } no ha recogido nada de lo que se le ha notificado desde { $since }.
finding-handle-is-shared = { $device } tiene las mismas reglas que otro dispositivo, porque ambos tienen el identificador { $handle }.
finding-device-rules-without-a-pusher = Hay reglas para el identificador { $handle }, pero ningún dispositivo lo tiene.
finding-calls-cannot-ring = Las llamadas no pueden sonar en { $device } por esta regla: { $rule }.
finding-calls-in-a-room-cannot-ring = Las llamadas en { $room } no pueden sonar en { $device } por esta regla: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] El servidor no puede ver las menciones en una sala cifrada, y { $device }, que sí podría, no recibe aviso de sus mensajes.
    [many] El servidor no puede ver las menciones en { $count } salas cifradas, y { $device }, que sí podría, no recibe aviso de sus mensajes.
   *[other] El servidor no puede ver las menciones en { $count } salas cifradas, y { $device }, que sí podría, no recibe aviso de sus mensajes.
}
finding-rule-contradicts-itself = { $rule } nunca puede coincidir, porque sus condiciones se excluyen entre sí.
finding-rule-has-an-unknown-condition = { $rule } nunca puede coincidir, porque el servidor no conoce una de sus condiciones.
finding-rule-is-shadowed = { $rule } nunca puede coincidir, porque esta regla va antes y coincide con lo mismo: { $other }.
finding-rule-for-a-room-that-was-left = { $rule } es para una sala en la que no estás.
finding-room-is-muted-twice = { $room } está silenciada por dos reglas: { $other } y { $rule }.
advice-no-pusher = Inicia sesión con una aplicación en tu dispositivo y permite sus notificaciones.
advice-notifications-are-off = Actívalas para recibir algún aviso.
advice-no-process-delivers = Consulta a los administradores del servidor. No se pierde nada.
advice-pusher-is-failing = El servidor lo reintenta automáticamente. Si la aplicación ya no está en el dispositivo, elimina este dispositivo; si no, hay que reparar su pasarela.
advice-pusher-is-retrying = El servidor lo reintenta automáticamente y no se pierde nada.
advice-pusher-was-removed = Abre la aplicación en el dispositivo para que vuelva a registrarse para las notificaciones.
advice-pusher-is-disabled = Actívalo para recibir notificaciones ahí.
advice-pusher-is-not-confirmed = Abre la aplicación en el dispositivo.
advice-pushes-do-not-arrive = Abre la aplicación en el dispositivo. Comprueba que el dispositivo tenga conexión y que su sistema permita a la aplicación recibir notificaciones y ejecutarse en segundo plano.
advice-handle-is-shared = Si no es lo que quieres, dale a este dispositivo un identificador propio.
advice-device-rules-without-a-pusher = Volverán a aplicarse cuando una aplicación se registre con este identificador.
advice-calls-cannot-ring = Cambia esa regla o añade una regla para las llamadas.
advice-calls-in-a-room-cannot-ring = Deja que suenen las llamadas de esta sala o mantenla silenciada.
advice-mentions-in-encrypted-rooms-are-hidden = Envía los mensajes cifrados al dispositivo para que pueda buscar menciones.
advice-rule-has-an-unknown-condition = Corrige la regla o elimínala.
advice-rule-contradicts-itself = Corrige la regla o elimínala.
advice-rule-is-shadowed = Elimina una de ellas o cambia su orden.
advice-rule-for-a-room-that-was-left = Elimina la regla si no piensas volver.
advice-room-is-muted-twice = Para volver a recibir avisos de la sala hay que eliminar ambas. Elimina una ahora.
remedy-delete-rule = Eliminar { $rule }
remedy-enable-rule = Activar { $rule }
remedy-disable-rule = Desactivar { $rule }
remedy-let-calls-ring = Dejar que suenen las llamadas en { $device }
remedy-send-encrypted-messages = Enviar todos los mensajes cifrados a { $device }
remedy-enable-pusher = Activar { $device }
remedy-delete-pusher = Eliminar { $device }
remedy-send-a-test = Enviar una prueba a { $device }
remedy-own-handle-with-the-rules = Dar a { $device } un identificador propio, con una copia de las reglas
remedy-own-handle-without-rules = Dar a { $device } un identificador propio, sin reglas

## Devices
devices-title = Dispositivos
devices-about = Las aplicaciones a las que este servidor notifica por ti, qué hacen y qué les pasa.
devices-none = Ninguno de tus dispositivos recibe notificaciones todavía
devices-none-about = La primera pantalla muestra cómo conseguir uno.
devices-removed = Eliminados en los últimos 30 días
devices-device = Dispositivo
devices-when = Eliminado
devices-why = Motivo
device-arrived-unknown = no se sabe: la aplicación no recoge lo que se le avisa
device-error = Último error
device-held = Retenido hasta
device-waiting = Cola
device-gateway = Pasarela
device-gateway-none = ninguna
device-handle = Identificador
device-handle-none = ninguno
device-app = App id
device-settings = Ajustes
device-enabled = Notificaciones en este dispositivo
device-badges = Enviar el número para el icono de la aplicación
device-hold = Espera mientras usas otro dispositivo
device-hold-hint = Lo que leas allí en ese tiempo no se envía a este dispositivo.
device-hold-none = ninguna
removed-deleted = Eliminado por ti o por tu aplicación
removed-rejected = Su pasarela informó de que el dispositivo ya no existe
removed-device-removed = Se cerró la sesión del dispositivo
removed-taken-over = Otro usuario inició sesión en el dispositivo
removed-account-closed = Se cerró la cuenta
removed-unsubscribed = La suscripción terminó
removed-address-removed = Se eliminó la dirección
removed-not-confirmed = Su aplicación no lo confirmó

## Try a rule
try-title = Probar una regla
try-about = No se envía ni se guarda nada hasta que guardes la regla.
try-event = El evento
try-room-hint = Una sala en la que estás, por sus miembros y tu nombre en ella. Puede quedar vacío.
try-event-json = Evento como JSON
try-bad-event = El evento no es JSON: { $error }
try-rule = La regla
try-subject = Se aplica a
try-subject-word = mensajes con una palabra
try-subject-room = todo en una sala
try-subject-sender = todo de una persona
try-subject-conditions = condiciones propias
try-value-word = Palabra; * y ? representan letras cualesquiera
try-value-room = ID de la sala
try-value-sender = ID de usuario
try-value-conditions = Condiciones como lista JSON
try-effect = Debe
try-effect-ring = sonar
try-effect-highlight = sonar y resaltar
try-effect-quiet = notificar sin sonido
try-effect-mute = no notificar
try-scope = En
try-all-devices = todos los dispositivos
try-do = Probar
try-result = Qué pasaría
try-counts = El evento te notificaría.
try-counts-not = El evento no te notificaría.
try-no-devices = Todavía no tienes ningún dispositivo, así que nada sonaría.
try-rings = Suena
try-silent = Notifica en silencio
try-nothing = Nada
try-handle = Identificador { $handle }
try-save-account = Guardar para esta cuenta
try-save-device = Guardar para este dispositivo
try-saved = Guardado

preview-title = { $count ->
    [one] Tu último evento con esta regla
    [many] Tus últimos { $count } eventos con esta regla
   *[other] Tus últimos { $count } eventos con esta regla
}
preview-account = Número de no leídos
preview-none = nada cambia
preview-rings = { $count ->
    [one] 1 más suena
    [many] { $count } más suenan
   *[other] { $count } más suenan
}
preview-silent = { $count ->
    [one] 1 deja de sonar
    [many] { $count } dejan de sonar
   *[other] { $count } dejan de sonar
}
preview-differs = { $count ->
    [one] 1 suena distinto
    [many] { $count } suenan distinto
   *[other] { $count } suenan distinto
}
preview-cut = Las reglas son demasiado costosas para evaluarlas con todos.
change-rings = suena
change-silent = deja de sonar
change-differs = suena distinto

## A path without a screen
missing-title = No existe esa pantalla
missing-about = La consola no tiene ninguna pantalla en esta dirección.

## Administration
admin-title = Administración
admin-about = Las pasarelas y los dispositivos de todos los usuarios. Aquí no se muestran mensajes ni direcciones de dispositivos.
admin-alarms = Alarmas
admin-no-alarms = Ninguna alarma
admin-alarm = { $share } de los push por { $gateway } llegaron { $window }; lo habitual es { $usual }.
admin-window-hour = en la última hora
admin-window-day = en el último día
admin-trouble = { $app }: { $reason }, desde { $since }
admin-gateways = Pasarelas
admin-no-gateways = Ningún dispositivo tiene pasarela todavía.
admin-gateway = Pasarela
admin-gateway-others = otras pasarelas
admin-devices = Dispositivos
admin-failing = Con fallos
admin-queue = En espera
admin-oldest = Falla desde
admin-hour = Llegados, última hora
admin-day = Llegados, último día
admin-usual = Habitual
admin-share-unknown = no se sabe
admin-apps = Aplicaciones de la pasarela de este servidor
admin-no-apps = La pasarela de este servidor no tiene ninguna aplicación.
admin-app = Aplicación
admin-app-state = Estado
admin-app-waiting = Solicitudes
admin-app-requests = { $running } en curso, { $waiting } en espera
admin-app-expires = Las credenciales caducan
admin-app-ok = Funciona
admin-app-degraded = Funciona en parte
admin-app-failing = Falla
admin-app-alarmed = Rechaza la mayoría de los dispositivos
admin-states = Estados de los dispositivos
admin-state-count = { $count ->
    [one] 1 dispositivo
    [many] { $count } dispositivos
   *[other] { $count } dispositivos
}
admin-users = Dispositivos de los usuarios
admin-user = Usuario
admin-find = Buscar un usuario o un dispositivo
admin-no-users = No se encontró ningún dispositivo.
admin-error = Último error
admin-more = Cargar más
resend-do = Reenviar
resend-to = a { $name }

## Usuarios
users-title = Usuarios
users-about = Las cuentas de este servidor. Un cambio se aplica de inmediato.
users-find = Id de usuario o nombre visible
users-search = Buscar
users-none = No se encontró ningún usuario.
users-seen = Última solicitud
users-admin = Administrador
users-active = Activa
users-locked = Bloqueada
users-suspended = Suspendida
users-lock = Bloquear
users-unlock = Desbloquear
users-suspend = Suspender
users-unsuspend = Terminar la suspensión
users-lock-about = Hasta que la desbloquees, { $user } no puede usar la cuenta, y no se envía nada a sus dispositivos.
users-unlock-about = { $user } puede usar la cuenta de nuevo, y sus dispositivos reciben notificaciones de nuevo.
users-suspend-about = Hasta que termines la suspensión, { $user } puede leer, pero no enviar ni cambiar lo que otros ven.
users-unsuspend-about = { $user } puede enviar de nuevo, y cambiar lo que otros ven.
