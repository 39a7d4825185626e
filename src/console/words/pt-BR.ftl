## Everywhere
skip = Ir para o conteúdo
close = Fechar
cancel = Cancelar
nav-label = Telas
sign-out = Sair
copy-link = Copiar link
copy-json = Copiar como JSON
copy-done = Copiado
copy-failed = Seu navegador não permitiu copiar
clock-differs = O relógio deste navegador difere do relógio do servidor em { $by }. Os horários abaixo são os do servidor.
theme-label = Tema: { $theme }
theme-system = igual ao sistema
theme-light = claro
theme-dark = escuro
language-label = Idioma
time-now = agora mesmo
time-never = nunca

## States of every screen
state-loading = Carregando
state-slow = O servidor está demorando mais que o normal. Ainda aguardando.
state-offline = Não foi possível acessar o servidor
state-forbidden = Você não tem permissão para ver isto
state-missing = Não há nada aqui que você possa ver
state-failed = O servidor não conseguiu responder
state-retry = Tentar de novo

## Sign in
sign-in-title = Belfry
sign-in-about = Por que tocou? Por que não? Entre com sua conta Matrix neste servidor.
sign-in-user = Nome de usuário
sign-in-user-hint = Por exemplo, alice ou @alice:example.org
sign-in-password = Senha
sign-in-token = Token de acesso
sign-in-token-hint = De um cliente ou de um script. Continua válido quando você sai daqui.
sign-in-token-of-link = Veio com o link que você abriu.
sign-in-registration = Token de registro
sign-in-registration-hint = De um administrador deste servidor.
sign-in-registration-refused = Este token de registro é desconhecido, está esgotado ou expirou
sign-in-do = Entrar
sign-in-create = Criar a conta
sign-in-with-account = Criar uma conta
sign-in-new-user-hint = Letras minúsculas, dígitos e . _ = / -
sign-in-busy = Entrando…
sign-in-with-token = Usar um token de acesso
sign-in-with-password = Usar uma senha
sign-in-refused = O nome de usuário ou a senha está incorreto
sign-in-token-refused = O servidor não conhece este token de acesso

## Keys
keys-title = Teclas
keys-filter = Ir para o filtro
keys-next = Próxima linha
keys-previous = Linha anterior
keys-open = Abrir a linha
keys-back = Sair de um campo ou voltar à lista
keys-test = Ir para o primeiro botão de teste
keys-help = Esta lista
keys-switch = Usar teclas de uma só letra

## Today
today-title = Hoje
today-devices = Seus dispositivos
today-recent = O que aconteceu recentemente
today-all = Todos os percursos
device-success = Última notificação
device-failing = Com falha desde
device-arrived = Chegou após { $after }
device-last-arrived = Última chegada
device-usually = normalmente após { $after }
device-not-seen = { $count ->
    [one] a última não chegou
    [many] as últimas { $count } não chegaram
   *[other] as últimas { $count } não chegaram
}
device-queued = { $count ->
    [one] { $count } aguardando
    [many] { $count } aguardando
   *[other] { $count } aguardando
}
pusher-ok = Toca
pusher-unused = Ainda não usado
pusher-pending = Não confirmado pelo app
pusher-retrying = Tentando de novo
pusher-failing = Com falha
pusher-off = Desativado
pusher-not-seen = Enviado, mas não visto
test-send = Enviar um teste
test-to = para { $name }
test-busy = Enviando…
test-ok = Enviado
test-rejected = Rejeitado: o app não tem esse dispositivo
test-unreachable = Não foi possível acessar o gateway
test-rate-limited = O gateway pede para esperar
test-not-registered = Este dispositivo não existe mais
test-blocked = O endereço do gateway não é permitido
test-disabled = O dispositivo está desativado
test-not-activated = O app não confirmou o dispositivo
test-unsupported = Este tipo de dispositivo não tem teste
first-title = Nenhum dispositivo seu recebe notificações ainda
first-about = Um app diz ao servidor para onde enviar as notificações; isso se chama pusher. Há duas formas de ter um:
first-client = Entre no Element X, FluffyChat ou SchildiChat como { $user }, com o servidor { $server }, e permita as notificações.
first-curl = Ou crie uma caixa de entrada de teste neste servidor. TOKEN é um token de acesso seu:
first-waiting = Aguardando seu primeiro dispositivo. Esta página se atualiza sozinha.

ring-do = Tocar neste navegador
ring-step-permission = Seu navegador pergunta se pode mostrar notificações…
ring-step-subscribe = Fazendo a inscrição no serviço de push do seu navegador…
ring-step-confirm = Aguardando o primeiro push…
ring-step-ring = Tocando…
ring-done = Enviado. Seu navegador está mostrando uma notificação.
ring-denied = Seu navegador não permite notificações desta página. Permita-as nas configurações dele para este site.
ring-off = Este servidor não tem Web Push (configuração push.web_push).
ring-no-service = Seu navegador não conseguiu se inscrever no serviço de push dele.
ring-not-confirmed = O primeiro push não chegou em 20 segundos. Verifique se o servidor tem acesso à internet.
ring-unsupported = Para tocar neste navegador, abra o console por https ou em localhost.
ring-app = Console do Belfry
ring-device = Este navegador
ring-title = Está tocando
ring-text = O Belfry alcança este navegador.

## Journeys
journeys-title = Percursos
journeys-event = Abrir pelo ID do evento
list-event = Evento
list-why = Motivo
list-no-devices = Nenhum dispositivo
list-older = Carregar mais antigos
list-news = { $count ->
    [one] { $count } novo
    [many] { $count } novos
   *[other] { $count } novos
}
list-total = { $count ->
    [one] { $count } percurso
    [many] { $count } de percursos
   *[other] { $count } percursos
}
list-total-at-least = { $count ->
    [one] Pelo menos { $count } percurso
    [many] Pelo menos { $count } de percursos
   *[other] Pelo menos { $count } percursos
}
list-none = Nada aconteceu ainda
list-none-about = Cada mensagem que alguém enviar a você aparece aqui sozinha, com o motivo de ter tocado ou não.
list-none-match = Nenhum percurso corresponde
list-none-match-about = Remova um filtro ou espere: novos percursos aparecem sozinhos.
live-connecting = Conectando
live-live = Ao vivo
live-paused = Em pausa
live-failed = A cada 5 segundos
live-pause = Pausar
live-resume = Retomar
filter-state = Estado
filter-device = Dispositivo
filter-since = Período
filter-room = ID da sala
filter-all = Todos
filter-clear = Limpar filtros
since-1h = Última hora
since-24h = Últimas 24 horas
since-7d = Últimos 7 dias
device-state-sent = Enviado
device-state-waiting = Aguardando
device-state-held = Retido
device-state-failing = Com falha
device-state-silent = Silencioso
device-state-read-first = Lido antes
device-state-skipped = Ignorado
device-state-dropped = Recusado
device-state-rejected = Rejeitado
device-state-off = Desativado
device-state-unknown = Desconhecido
type-m-room-message = Mensagem
type-m-room-encrypted = Mensagem criptografada
type-m-room-member = Participação
type-m-call-invite = Chamada
type-m-sticker = Figurinha
type-m-room-topic = Tópico
type-m-room-name = Nome da sala
type-m-room-tombstone = Atualização da sala
type-m-poll-start = Enquete

## One journey
journey-title = Percurso de um evento
journey-decision = Decisão
journey-devices = Dispositivos
journey-no-devices = Não havia dispositivo
journey-no-devices-about = Quando o evento foi enviado, este usuário não tinha nenhum app que recebesse notificações.
journey-rule = Regra decisiva:
journey-rules = Regras de push na ordem de avaliação
journey-rules-changed = As regras mudaram desde então. A lista mostra as regras atuais; a decisão é a que foi registrada.
journey-try = Testar uma regra neste evento
journey-removed = Removido
journey-untraced = O servidor não registra percursos (configuração trace.enabled), por isso faltam as tentativas.
fact-when = Enviado
fact-sender = Remetente
fact-room = Sala
fact-type = Tipo
fact-user = Percurso de
fact-read = Lido
fact-read-yes = sim
fact-read-no = ainda não
fact-event = ID do evento
step-attempt = tentativa { $number }
step-status = status { $status }
step-next = próxima tentativa
step-unknown = Desconhecido
step-waiting = Aguardando
step-held = Retido

step-sent = Enviado
step-fetched = Chegou
step-rejected = Rejeitado
step-dropped = Recusado
step-skipped = Não enviado
step-cleared = Removido
step-not-queued = Não enviado
step-not-seen = Não visto
step-gateway = No gateway
reason-no-rule-matched = Nenhuma regra correspondeu
reason-not-kept = Não se sabe mais
reason-wakes-only = Desperta o dispositivo
reason-rules-failed = As regras falharam
reason-not-fetched = Não visto
reason-read = Lido antes
reason-gateway-failing = O gateway falha
reason-mail-server-failing = O servidor de e-mail falha
reason-suppressed-by-a-device-rule = Silenciado neste dispositivo
reason-does-not-notify = Não notifica
reason-in-the-app-only = Só no app
reason-collapsed = Substituído por um mais recente
reason-active-elsewhere = Retido: em uso em outro dispositivo
reason-no-pushers = Nenhum dispositivo
reason-set-after-the-event = Configurado depois
reason-pusher-disabled = O dispositivo estava desativado
reason-disabled = O dispositivo está desativado
reason-not-activated = Não confirmado pelo app
reason-own-event = Evento próprio
reason-not-a-member = Não é membro
reason-sender-is-ignored = O remetente é ignorado
reason-redacted = Mensagem apagada
reason-not-by-e-mail = Não por e-mail
remedy-2xx = O gateway respondeu, mas não aceitou a notificação. O operador dele pode encontrar o motivo no log.
remedy-3xx = O gateway respondeu com um redirecionamento. Configure o pusher com o endereço final.
remedy-4xx = O gateway recusa a solicitação. Verifique o app id e o endereço do pusher.
remedy-5xx = O gateway está com defeito. O servidor tenta de novo sozinho.
remedy-connection-refused = Nada responde no endereço do gateway. Verifique se ele está em execução e qual é a porta.
remedy-dns = O nome de host do gateway não existe. Verifique o endereço do pusher.
remedy-timeout = O gateway não respondeu a tempo. O servidor tenta de novo sozinho.
remedy-tls = O certificado do gateway não é confiável. Renove-o ou adicione a autoridade dele com push.extra_ca.
remedy-blocked-by-the-IP-policy = O endereço não é público. Permita-o com push.allow_ip_ranges se você confia nele.

## Rules
rules-not-matched = { $count ->
    [one] { $count } regra não correspondeu
    [many] { $count } de regras não corresponderam
   *[other] { $count } regras não corresponderam
}
rules-not-reached = { $count ->
    [one] Mais { $count } regra não foi necessária.
    [many] Mais { $count } de regras não foram necessárias.
   *[other] Mais { $count } regras não foram necessárias.
}
verdict-matched = Correspondeu
verdict-wakes-only = Desperta o dispositivo
verdict-no-match = Não corresponde
verdict-disabled = Desativada
verdict-malformed = Malformada
verdict-not-evaluated = Não avaliada
check-holds = Cumprida
check-fails = Não cumprida
check-expected = esperado
check-actual = real
check-nothing = nada
condition-event-match = O evento corresponde a um padrão
condition-event-property-is = Uma propriedade do evento tem um valor
condition-event-property-contains = Uma lista no evento contém um valor
condition-contains-display-name = O texto contém seu nome
condition-room-member-count = A sala tem um número de membros
condition-sender-notification-permission = O remetente pode notificar a sala
rule-own = Regra própria { $id } ({ $kind })
rule-device = só { $handle }
kind-override = prioritária
kind-content = palavra
kind-room = sala
kind-sender = remetente
kind-underride = secundária
rule-m-rule-master = Tudo silenciado
rule-m-rule-suppress-notices = Mensagens de bots
rule-m-rule-invite-for-me = Convites para você
rule-m-rule-member-event = Mudanças de membros
rule-m-rule-is-user-mention = Menções a você
rule-m-rule-contains-display-name = Seu nome no texto
rule-m-rule-is-room-mention = Menções à sala
rule-m-rule-roomnotif = @room no texto
rule-m-rule-tombstone = Atualizações de salas
rule-m-rule-reaction = Reações
rule-m-rule-room-server-acl = Listas de servidores das salas
rule-m-rule-suppress-edits = Edições de mensagens
rule-m-rule-contains-user-name = Seu nome de usuário no texto
rule-m-rule-call = Chamadas
rule-m-rule-encrypted-room-one-to-one = Mensagens criptografadas a dois
rule-m-rule-room-one-to-one = Mensagens a dois
rule-m-rule-message = Mensagens
rule-m-rule-encrypted = Mensagens criptografadas

## The table of rules
rules-title = Regras
rules-about = O que toca e onde. Uma regra de dispositivo decide antes das regras da conta, só para esse dispositivo. As contagens de não lidas seguem apenas a conta.
rules-account = Conta
rules-device = Dispositivo
rules-filter = Buscar uma sala
rules-rooms = Salas
rules-senders = Pessoas
rules-contents = Palavras
rules-room = Sala
rules-sender = Pessoa
rules-content = Palavra
rules-no-rooms = Nenhuma sala encontrada.
rules-no-senders = Nenhuma regra é para uma pessoa.
rules-no-contents = Nenhuma regra é para uma palavra.
rules-more = Mostrar mais
rules-cell = { $what }, { $where }
rules-effect = Efeito
rules-period = Duração
rules-save = Salvar
rules-add = Adicionar
rules-add-sender = ID de usuário de uma pessoa
rules-add-content = Palavra; * e ? valem por quaisquer letras
rules-other = Outras regras
rules-own = Suas regras com condições
rules-defaults = Regras padrão
rules-rule = Regra
rules-state = Estado
rules-actions = Alterar
rules-on = Ativada
rules-off = Desativada
rules-switch-on = Ativar
rules-switch-off = Desativar
rules-delete = Excluir
rules-ends = termina
effect-inherits = Como de costume
effect-muted = Silenciado
effect-mentions = Só menções
effect-silent = Silencioso
effect-quiet = Notifica sem som
effect-rings = Toca
effect-highlight = Toca e destaca
period-always = sempre
period-hour = uma hora
period-work = oito horas
period-day = um dia

## The doctor
doctor-title = Diagnóstico
doctor-nothing = Nada impede suas notificações de chegar
doctor-more = { $count ->
    [one] Mais { $count } problema aparece quando estes forem corrigidos.
    [many] Mais { $count } de problemas aparecem quando estes forem corrigidos.
   *[other] Mais { $count } problemas aparecem quando estes forem corrigidos.
}
severity-problem = Problema
severity-warning = Aviso
severity-hint = Dica
finding-busy = Alterando…
finding-done = Pronto
finding-no-pusher = Nenhum dispositivo seu recebe notificações.
finding-notifications-are-off = Todas as notificações estão desativadas.
finding-no-process-delivers = O servidor não está enviando notificações no momento. Elas esperam até que ele volte a enviar.
finding-pusher-is-failing = As notificações para { $device } falham desde { $since }.
finding-pusher-is-retrying = As notificações para { $device } falham desde { $since }.
finding-pusher-is-disabled = O dispositivo { $device } está desativado.
finding-pusher-is-not-confirmed = O app em { $device } não confirmou que quer notificações.
finding-pushes-do-not-arrive = O dispositivo { $device } não buscou nada do que lhe foi notificado desde { $since }.
finding-handle-is-shared = O dispositivo { $device } tem as mesmas regras que outro, porque ambos têm o identificador { $handle }.
finding-device-rules-without-a-pusher = Há regras para o identificador { $handle }, e nenhum dispositivo o usa.
finding-calls-cannot-ring = As chamadas não podem tocar em { $device } por causa desta regra: { $rule }.
finding-calls-in-a-room-cannot-ring = As chamadas em { $room } não podem tocar em { $device } por causa desta regra: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] O servidor não vê as menções em uma sala criptografada, e { $device }, que poderia vê-las, não é avisado das mensagens dela.
    [many] O servidor não vê as menções em { $count } de salas criptografadas, e { $device }, que poderia vê-las, não é avisado das mensagens delas.
   *[other] O servidor não vê as menções em { $count } salas criptografadas, e { $device }, que poderia vê-las, não é avisado das mensagens delas.
}
finding-rule-contradicts-itself = A regra “{ $rule }” nunca pode corresponder, porque suas condições se excluem.
finding-rule-has-an-unknown-condition = A regra “{ $rule }” nunca pode corresponder, porque o servidor não conhece uma de suas condições.
finding-rule-is-shadowed = A regra “{ $rule }” nunca pode corresponder, porque esta vem antes e corresponde ao mesmo: { $other }.
finding-rule-for-a-room-that-was-left = A regra “{ $rule }” é para uma sala em que você não está.
finding-room-is-muted-twice = A sala { $room } está silenciada por duas regras: { $other } e { $rule }.
advice-no-pusher = Entre com um app no seu dispositivo e permita as notificações dele.
advice-notifications-are-off = Ative-as para ser avisado de alguma coisa.
advice-no-process-delivers = Fale com os administradores do servidor. Nada se perde.
advice-pusher-is-failing = O servidor tenta de novo sozinho. Se o app não está mais no dispositivo, exclua este dispositivo; caso contrário, o gateway precisa ser consertado.
advice-pusher-is-retrying = O servidor tenta de novo sozinho, e nada se perde.
advice-pusher-was-removed = Abra o app no dispositivo para que ele se inscreva de novo para notificações.
advice-pusher-is-disabled = Ative-o para receber notificações nele.
advice-pusher-is-not-confirmed = Abra o app no dispositivo.
advice-pushes-do-not-arrive = Abra o app no dispositivo. Verifique se o dispositivo está on-line e se o sistema deixa o app receber notificações e funcionar em segundo plano.
advice-handle-is-shared = Se isso não é intencional, dê a este dispositivo um identificador próprio.
advice-device-rules-without-a-pusher = Elas voltam a valer quando um app se inscrever com este identificador.
advice-calls-cannot-ring = Altere essa regra ou adicione uma regra para chamadas.
advice-calls-in-a-room-cannot-ring = Deixe as chamadas desta sala tocarem ou mantenha-a silenciada.
advice-mentions-in-encrypted-rooms-are-hidden = Envie as mensagens criptografadas ao dispositivo, para que ele procure menções.
advice-rule-has-an-unknown-condition = Corrija a regra ou exclua-a.
advice-rule-contradicts-itself = Corrija a regra ou exclua-a.
advice-rule-is-shadowed = Exclua uma delas ou mude a ordem.
advice-rule-for-a-room-that-was-left = Exclua a regra se você não pretende voltar.
advice-room-is-muted-twice = Para voltar a receber avisos da sala, é preciso excluir as duas. Exclua uma delas agora.
remedy-delete-rule = Excluir { $rule }
remedy-enable-rule = Ativar { $rule }
remedy-disable-rule = Desativar { $rule }
remedy-let-calls-ring = Deixar chamadas tocarem em { $device }
remedy-send-encrypted-messages = Enviar todas as mensagens criptografadas para { $device }
remedy-enable-pusher = Ativar { $device }
remedy-delete-pusher = Excluir { $device }
remedy-send-a-test = Enviar um teste para { $device }
remedy-own-handle-with-the-rules = Dar a { $device } um identificador próprio, com uma cópia das regras
remedy-own-handle-without-rules = Dar a { $device } um identificador próprio, sem regras

## Devices
devices-title = Dispositivos
devices-about = Os apps que este servidor notifica para você, o que eles fazem e o que há de errado com eles.
devices-none = Nenhum dispositivo seu recebe notificações ainda
devices-none-about = A primeira tela mostra como ter um.
devices-removed = Removidos nos últimos 30 dias
devices-device = Dispositivo
devices-when = Removido
devices-why = Motivo
device-arrived-unknown = não se sabe: o app não busca o que lhe é avisado
device-error = Último erro
device-held = Retido até
device-waiting = Fila
device-gateway = Gateway
device-gateway-none = nenhum
device-handle = Identificador
device-handle-none = nenhum
device-app = App id
device-settings = Configurações
device-enabled = Notificações neste dispositivo
device-badges = Enviar o número para o ícone do app
device-hold = Enquanto você usa outro dispositivo, esperar
device-hold-hint = O que você ler lá nesse tempo não é enviado a este dispositivo.
device-hold-none = nenhum tempo
removed-deleted = Excluído por você ou pelo seu app
removed-rejected = O gateway informou que o dispositivo não existe mais
removed-device-removed = A sessão do dispositivo foi encerrada
removed-taken-over = Outro usuário entrou no dispositivo
removed-account-closed = A conta foi encerrada
removed-unsubscribed = A inscrição foi cancelada
removed-address-removed = O endereço foi removido
removed-not-confirmed = O app não o confirmou

## Try a rule
try-title = Testar uma regra
try-about = Nada é enviado e nada é gravado até você salvar a regra.
try-event = O evento
try-room-hint = Uma sala em que você entrou, pelos membros e pelo seu nome nela. Pode ficar vazio.
try-event-json = Evento como JSON
try-bad-event = O evento não é JSON: { $error }
try-rule = A regra
try-subject = Aplica-se a
try-subject-word = mensagens com uma palavra
try-subject-room = tudo em uma sala
try-subject-sender = tudo de uma pessoa
try-subject-conditions = condições próprias
try-value-word = Palavra; * e ? valem por quaisquer letras
try-value-room = ID da sala
try-value-sender = ID do usuário
try-value-conditions = Condições como lista JSON
try-effect = Deve
try-effect-ring = tocar
try-effect-highlight = tocar e destacar
try-effect-quiet = notificar sem som
try-effect-mute = não notificar
try-scope = Em
try-all-devices = todos os dispositivos
try-do = Testar
try-result = O que aconteceria
try-counts = O evento notificaria você.
try-counts-not = O evento não notificaria você.
try-no-devices = Você ainda não tem dispositivo, então nada tocaria.
try-rings = Toca
try-silent = Notifica em silêncio
try-nothing = Nada
try-handle = Identificador { $handle }
try-save-account = Salvar para esta conta
try-save-device = Salvar para este dispositivo
try-saved = Salvo

preview-title = { $count ->
    [one] Seu último evento com esta regra
    [many] Seus últimos { $count } de eventos com esta regra
   *[other] Seus últimos { $count } eventos com esta regra
}
preview-account = Contagens de não lidas
preview-none = nada muda
preview-rings = { $count ->
    [one] mais { $count } toca
    [many] mais { $count } tocam
   *[other] mais { $count } tocam
}
preview-silent = { $count ->
    [one] { $count } fica em silêncio
    [many] { $count } ficam em silêncio
   *[other] { $count } ficam em silêncio
}
preview-differs = { $count ->
    [one] { $count } toca diferente
    [many] { $count } tocam diferente
   *[other] { $count } tocam diferente
}
preview-cut = As regras são pesadas demais para avaliar em todos eles.
change-rings = toca
change-silent = fica em silêncio
change-differs = toca diferente

## A path without a screen
missing-title = Esta tela não existe
missing-about = O console não tem nenhuma tela neste endereço.

## Administration
admin-title = Administração
admin-about = Os gateways e os dispositivos de todos os usuários. Mensagens e endereços de dispositivos não aparecem aqui.
admin-alarms = Alarmes
admin-no-alarms = Nenhum alarme
admin-alarm = { $share } dos pushes por { $gateway } chegaram { $window }; o normal é { $usual }.
admin-window-hour = na última hora
admin-window-day = no último dia
admin-trouble = { $app }: { $reason }, desde { $since }
admin-gateways = Gateways
admin-no-gateways = Nenhum dispositivo tem gateway ainda.
admin-gateway = Gateway
admin-gateway-others = outros gateways
admin-devices = Dispositivos
admin-failing = Com falha
admin-queue = Aguardando
admin-oldest = Com falha desde
admin-hour = Chegaram, última hora
admin-day = Chegaram, último dia
admin-usual = Normal
admin-share-unknown = não se sabe
admin-apps = Apps do gateway deste servidor
admin-no-apps = O gateway deste servidor não tem nenhum app.
admin-app = App
admin-app-state = Estado
admin-app-waiting = Solicitações
admin-app-requests = { $running } em andamento, { $waiting } aguardando
admin-app-expires = Credenciais expiram
admin-app-ok = Funciona
admin-app-degraded = Funciona em parte
admin-app-failing = Com falha
admin-app-alarmed = Recusa a maioria dos dispositivos
admin-states = Estados dos dispositivos
admin-state-count = { $count ->
    [one] { $count } dispositivo
    [many] { $count } de dispositivos
   *[other] { $count } dispositivos
}
admin-users = Dispositivos dos usuários
admin-user = Usuário
admin-find = Buscar um usuário ou dispositivo
admin-no-users = Nenhum dispositivo encontrado.
admin-error = Último erro
admin-more = Carregar mais
resend-do = Enviar de novo
resend-to = para { $name }

## Usuários
users-title = Usuários
users-about = As contas deste servidor. Uma alteração vale na hora.
users-find = Id do usuário ou nome de exibição
users-search = Buscar
users-none = Nenhum usuário encontrado.
users-seen = Última solicitação
users-admin = Administrador
users-active = Ativa
users-locked = Bloqueada
users-suspended = Suspensa
users-lock = Bloquear
users-unlock = Desbloquear
users-suspend = Suspender
users-unsuspend = Encerrar a suspensão
users-lock-about = Até você desbloqueá-la, { $user } não pode usar a conta, e nada é enviado aos seus dispositivos.
users-unlock-about = { $user } pode usar a conta de novo, e seus dispositivos são notificados de novo.
users-suspend-about = Até você encerrar a suspensão, { $user } pode ler, mas não enviar nem alterar o que os outros veem.
users-unsuspend-about = { $user } pode enviar de novo, e alterar o que os outros veem.
