## Everywhere
skip = Перейти к содержимому
close = Закрыть
cancel = Отмена
nav-label = Экраны
sign-out = Выйти
copy-link = Копировать ссылку
copy-json = Копировать как JSON
copy-done = Скопировано
copy-failed = Ваш браузер не разрешил копирование
clock-differs = Часы этого браузера расходятся с часами сервера на { $by }. Ниже указано время сервера.
theme-label = Тема: { $theme }
theme-system = как в системе
theme-light = светлая
theme-dark = тёмная
language-label = Язык
time-now = только что
time-never = никогда

## States of every screen
state-loading = Загрузка
state-slow = Сервер отвечает дольше обычного. Ждём дальше.
state-offline = Сервер недоступен
state-forbidden = Вам нельзя это просматривать
state-missing = Здесь нет ничего, что вы можете просмотреть
state-failed = Сервер не смог ответить
state-retry = Повторить

## Sign in
sign-in-title = Belfry
sign-in-about = Почему раздался звук? Почему нет? Войдите со своей учётной записью Matrix на этом сервере.
sign-in-user = Имя пользователя
sign-in-user-hint = Например, alice или @alice:example.org
sign-in-password = Пароль
sign-in-token = Токен доступа
sign-in-token-hint = От клиента или скрипта. Он останется действительным, когда вы выйдете отсюда.
sign-in-token-of-link = Он был в ссылке, которую вы открыли.
sign-in-registration = Токен регистрации
sign-in-registration-hint = От администратора этого сервера.
sign-in-registration-refused = Этот токен регистрации неизвестен, исчерпан или истёк
sign-in-do = Войти
sign-in-create = Создать учётную запись
sign-in-with-account = Создать учётную запись
sign-in-new-user-hint = Строчные латинские буквы, цифры и . _ = / -
sign-in-busy = Вход…
sign-in-with-token = Использовать токен доступа
sign-in-with-password = Использовать пароль
sign-in-refused = Неверное имя пользователя или пароль
sign-in-token-refused = Сервер не знает этого токена доступа

## Keys
keys-title = Клавиши
keys-filter = Перейти к фильтру
keys-next = Следующая строка
keys-previous = Предыдущая строка
keys-open = Открыть строку
keys-back = Выйти из поля или вернуться к списку
keys-test = Перейти к первой кнопке теста
keys-help = Этот список
keys-switch = Использовать однобуквенные клавиши

## Today
today-title = Сегодня
today-devices = Ваши устройства
today-recent = Что произошло недавно
today-all = Все пути
device-success = Последнее уведомление
device-failing = Сбой с
device-arrived = Пришло через { $after }
device-last-arrived = Последний раз пришло
device-usually = обычно через { $after }
device-not-seen = { $count ->
    [one] не пришло последнее (всего { $count })
    [few] не пришли последние { $count }
    [many] не пришли последние { $count }
   *[other] не пришли последние { $count }
}
device-queued = { $count ->
    [one] { $count } ожидает
    [few] { $count } ожидают
    [many] { $count } ожидают
   *[other] { $count } ожидают
}
pusher-ok = Уведомляет
pusher-unused = Ещё не использовалось
pusher-pending = Не подтверждено приложением
pusher-retrying = Повторные попытки
pusher-failing = Сбой
pusher-off = Выключено
pusher-not-seen = Отправлено, но не увидено
test-send = Отправить тест
test-to = на { $name }
test-busy = Отправка…
test-ok = Отправлено
test-rejected = Отклонено: у приложения нет такого устройства
test-unreachable = Шлюз недоступен
test-rate-limited = Шлюз просит подождать
test-not-registered = Такого устройства больше нет
test-blocked = Адрес шлюза не разрешён
test-disabled = Устройство выключено
test-not-activated = Приложение не подтвердило устройство
test-unsupported = Для этого типа устройств теста нет
first-title = Ни одно ваше устройство ещё не получает уведомлений
first-about = Приложение сообщает серверу, куда отправлять уведомления; это называется pusher. Получить его можно двумя способами:
first-client = Войдите в Element X, FluffyChat или SchildiChat как { $user }, с сервером { $server }, и разрешите уведомления.
first-curl = Или создайте тестовый ящик на этом сервере. TOKEN — ваш токен доступа:
first-waiting = Ждём ваше первое устройство. Страница обновится сама.

ring-do = Подать сигнал в этот браузер
ring-step-permission = Браузер спрашивает, можно ли показывать уведомления…
ring-step-subscribe = Подписка в push-службе вашего браузера…
ring-step-confirm = Ожидание первого push-сообщения…
ring-step-ring = Подаём сигнал…
ring-done = Отправлено. Ваш браузер сейчас показывает уведомление.
ring-denied = Ваш браузер не разрешает уведомления для этой страницы. Разрешите их в его настройках для этого сайта.
ring-off = На этом сервере нет Web Push (параметр push.web_push).
ring-no-service = Ваш браузер не смог подписаться в своей push-службе.
ring-not-confirmed = Первое push-сообщение не пришло за 20 секунд. Проверьте, есть ли у сервера доступ в интернет.
ring-unsupported = Чтобы подать сигнал в этот браузер, откройте консоль по https или на localhost.
ring-app = Консоль Belfry
ring-device = Этот браузер
ring-title = Сигнал получен
ring-text = Уведомления Belfry доходят до этого браузера.

## Journeys
journeys-title = Пути
journeys-event = Открыть по ID события
list-event = Событие
list-why = Почему
list-no-devices = Нет устройства
list-older = Загрузить более старые
list-news = { $count ->
    [one] { $count } новый
    [few] { $count } новых
    [many] { $count } новых
   *[other] { $count } нового
}
list-total = { $count ->
    [one] { $count } путь
    [few] { $count } пути
    [many] { $count } путей
   *[other] { $count } пути
}
list-total-at-least = { $count ->
    [one] Не менее { $count } пути
    [few] Не менее { $count } путей
    [many] Не менее { $count } путей
   *[other] Не менее { $count } пути
}
list-none = Ещё ничего не произошло
list-none-about = Каждое отправленное вам сообщение появляется здесь само, вместе с причиной, почему раздался звук или нет.
list-none-match = Нет подходящих путей
list-none-match-about = Уберите фильтр или подождите: новые пути появляются сами.
live-connecting = Подключение
live-live = Вживую
live-paused = Приостановлено
live-failed = Каждые 5 секунд
live-pause = Приостановить
live-resume = Продолжить
filter-state = Состояние
filter-device = Устройство
filter-since = Время
filter-room = ID комнаты
filter-all = Все
filter-clear = Сбросить фильтры
since-1h = Последний час
since-24h = Последние 24 часа
since-7d = Последние 7 дней
device-state-sent = Отправлено
device-state-waiting = Ожидает
device-state-held = Задержано
device-state-failing = Сбой
device-state-silent = Без звука
device-state-read-first = Прочитано раньше
device-state-skipped = Пропущено
device-state-dropped = Отказано
device-state-rejected = Отклонено
device-state-off = Выключено
device-state-unknown = Неизвестно
type-m-room-message = Сообщение
type-m-room-encrypted = Зашифрованное сообщение
type-m-room-member = Участие
type-m-call-invite = Звонок
type-m-sticker = Стикер
type-m-room-topic = Тема
type-m-room-name = Название комнаты
type-m-room-tombstone = Обновление комнаты
type-m-poll-start = Опрос

## One journey
journey-title = Путь события
journey-decision = Решение
journey-devices = Устройства
journey-no-devices = Устройства не было
journey-no-devices-about = Когда событие было отправлено, у этого пользователя не было приложения, получающего уведомления.
journey-rule = Решающее правило:
journey-rules = Правила уведомлений в порядке проверки
journey-rules-changed = С тех пор правила изменились. В списке — нынешние правила; решение — сохранённое.
journey-try = Испытать правило на этом событии
journey-removed = Удалено
journey-untraced = Сервер не записывает пути (параметр trace.enabled), поэтому попыток здесь нет.
fact-when = Отправлено
fact-sender = Отправитель
fact-room = Комната
fact-type = Тип
fact-user = Путь для
fact-read = Прочитано
fact-read-yes = да
fact-read-no = ещё нет
fact-event = ID события
step-attempt = попытка { $number }
step-status = статус { $status }
step-next = следующая попытка
step-unknown = Неизвестно
step-waiting = Ожидает
step-held = Задержано

step-sent = Отправлено
step-fetched = Пришло
step-rejected = Отклонено
step-dropped = Отказано
step-skipped = Не отправлено
step-cleared = Удалено
step-not-queued = Не отправлено
step-not-seen = Не увидено
step-gateway = На шлюзе
reason-no-rule-matched = Ни одно правило не совпало
reason-not-kept = Уже неизвестно
reason-wakes-only = Будит устройство
reason-rules-failed = Сбой правил
reason-not-fetched = Не увидено
reason-read = Прочитано раньше
reason-gateway-failing = Сбой шлюза
reason-mail-server-failing = Сбой почтового сервера
reason-suppressed-by-a-device-rule = Отключено на этом устройстве
reason-does-not-notify = Не уведомляет
reason-in-the-app-only = Только в приложении
reason-collapsed = Заменено более новым
reason-active-elsewhere = Задержано: активность на другом устройстве
reason-no-pushers = Нет устройства
reason-set-after-the-event = Настроено позже
reason-pusher-disabled = Устройство было выключено
reason-disabled = Устройство выключено
reason-not-activated = Не подтверждено приложением
reason-own-event = Своё событие
reason-not-a-member = Не участник
reason-sender-is-ignored = Отправитель игнорируется
reason-redacted = Удалённое сообщение
reason-not-by-e-mail = Не по почте
remedy-2xx = Шлюз ответил, но не принял уведомление. Его оператор может найти причину в журнале.
remedy-3xx = Шлюз ответил перенаправлением. Укажите для pusher конечный адрес.
remedy-4xx = Шлюз отклоняет запрос. Проверьте app id и адрес pusher.
remedy-5xx = На шлюзе неисправность. Сервер сам попробует ещё раз.
remedy-connection-refused = По адресу шлюза ничто не отвечает. Проверьте, работает ли он, и его порт.
remedy-dns = Имя хоста шлюза не существует. Проверьте адрес pusher.
remedy-timeout = Шлюз не ответил вовремя. Сервер сам попробует ещё раз.
remedy-tls = Сертификату шлюза нет доверия. Обновите его или добавьте его центр сертификации через push.extra_ca.
remedy-blocked-by-the-IP-policy = Адрес не публичный. Разрешите его через push.allow_ip_ranges, если доверяете ему.

## Rules
rules-not-matched = { $count ->
    [one] { $count } правило не совпало
    [few] { $count } правила не совпали
    [many] { $count } правил не совпали
   *[other] { $count } правила не совпало
}
rules-not-reached = { $count ->
    [one] Ещё { $count } правило не понадобилось.
    [few] Ещё { $count } правила не понадобились.
    [many] Ещё { $count } правил не понадобились.
   *[other] Ещё { $count } правила не понадобилось.
}
verdict-matched = Совпало
verdict-wakes-only = Будит устройство
verdict-no-match = Не совпало
verdict-disabled = Выключено
verdict-malformed = Неверный формат
verdict-not-evaluated = Не проверялось
check-holds = Выполнено
check-fails = Не выполнено
check-expected = ожидалось
check-actual = на деле
check-nothing = ничего
condition-event-match = Событие соответствует шаблону
condition-event-property-is = Свойство события имеет значение
condition-event-property-contains = Список в событии содержит значение
condition-contains-display-name = Текст содержит ваше имя
condition-room-member-count = В комнате определённое число участников
condition-sender-notification-permission = Отправитель может уведомлять комнату
rule-own = Своё правило { $id } ({ $kind })
rule-device = только { $handle }
kind-override = приоритетное
kind-content = слово
kind-room = комната
kind-sender = отправитель
kind-underride = запасное
rule-m-rule-master = Всё отключено
rule-m-rule-suppress-notices = Сообщения ботов
rule-m-rule-invite-for-me = Приглашения для вас
rule-m-rule-member-event = Изменения участников
rule-m-rule-is-user-mention = Упоминания вас
rule-m-rule-contains-display-name = Ваше имя в тексте
rule-m-rule-is-room-mention = Упоминания всей комнаты
rule-m-rule-roomnotif = @room в тексте
rule-m-rule-tombstone = Обновления комнат
rule-m-rule-reaction = Реакции
rule-m-rule-room-server-acl = Списки серверов комнат
rule-m-rule-suppress-edits = Правки сообщений
rule-m-rule-contains-user-name = Ваше имя пользователя в тексте
rule-m-rule-call = Звонки
rule-m-rule-encrypted-room-one-to-one = Зашифрованные сообщения двух людей
rule-m-rule-room-one-to-one = Сообщения двух людей
rule-m-rule-message = Сообщения
rule-m-rule-encrypted = Зашифрованные сообщения

## The table of rules
rules-title = Правила
rules-about = Что и где звучит. Правило устройства действует раньше правил учётной записи, только для этого устройства. Счётчики непрочитанного зависят лишь от учётной записи.
rules-account = Учётная запись
rules-device = Устройство
rules-filter = Найти комнату
rules-rooms = Комнаты
rules-senders = Люди
rules-contents = Слова
rules-room = Комната
rules-sender = Человек
rules-content = Слово
rules-no-rooms = Комнат не найдено.
rules-no-senders = Нет правил для людей.
rules-no-contents = Нет правил для слов.
rules-more = Показать ещё
rules-cell = { $what }, { $where }
rules-effect = Действие
rules-period = Срок
rules-save = Сохранить
rules-add = Добавить
rules-add-sender = ID пользователя
rules-add-content = Слово; * и ? заменяют любые буквы
rules-other = Другие правила
rules-own = Ваши правила с условиями
rules-defaults = Правила по умолчанию
rules-rule = Правило
rules-state = Состояние
rules-actions = Изменить
rules-on = Включено
rules-off = Выключено
rules-switch-on = Включить
rules-switch-off = Выключить
rules-delete = Удалить
rules-ends = закончится
effect-inherits = Как обычно
effect-muted = Отключено
effect-mentions = Только упоминания
effect-silent = Без звука
effect-quiet = Уведомляет без звука
effect-rings = Со звуком
effect-highlight = Со звуком и выделением
period-always = навсегда
period-hour = один час
period-work = восемь часов
period-day = сутки

## The doctor
doctor-title = Диагностика
doctor-nothing = Ничто не мешает вашим уведомлениям приходить
doctor-more = { $count ->
    [one] Ещё { $count } проблема появится, когда эти будут исправлены.
    [few] Ещё { $count } проблемы появятся, когда эти будут исправлены.
    [many] Ещё { $count } проблем появятся, когда эти будут исправлены.
   *[other] Ещё { $count } проблемы появится, когда эти будут исправлены.
}
severity-problem = Проблема
severity-warning = Предупреждение
severity-hint = Подсказка
finding-busy = Изменяем…
finding-done = Готово
finding-no-pusher = Ни одно ваше устройство не получает уведомлений.
finding-notifications-are-off = Все уведомления выключены.
finding-no-process-delivers = Сервер сейчас не отправляет уведомления. Они ждут, пока отправка возобновится.
finding-pusher-is-failing = Уведомления на { $device } не отправляются с { $since }.
finding-pusher-is-retrying = Уведомления на { $device } не отправляются с { $since }.
finding-pusher-is-disabled = Устройство { $device } выключено.
finding-pusher-is-not-confirmed = Приложение на { $device } не подтвердило, что хочет получать уведомления.
finding-pushes-do-not-arrive = Устройство { $device } не загрузило ничего из того, о чём его уведомляли, с { $since }.
finding-handle-is-shared = У устройства { $device } те же правила, что и у другого, потому что у обоих метка { $handle }.
finding-device-rules-without-a-pusher = Для метки { $handle } есть правила, но её нет ни у одного устройства.
finding-calls-cannot-ring = Звонки не могут звучать на { $device } из-за этого правила: { $rule }.
finding-calls-in-a-room-cannot-ring = Звонки в { $room } не могут звучать на { $device } из-за этого правила: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Сервер не видит упоминаний в зашифрованных комнатах ({ $count } комната), а устройство { $device }, которое могло бы их увидеть, не узнаёт о сообщениях в них.
    [few] Сервер не видит упоминаний в { $count } зашифрованных комнатах, а устройство { $device }, которое могло бы их увидеть, не узнаёт о сообщениях в них.
    [many] Сервер не видит упоминаний в { $count } зашифрованных комнатах, а устройство { $device }, которое могло бы их увидеть, не узнаёт о сообщениях в них.
   *[other] Сервер не видит упоминаний в { $count } зашифрованных комнатах, а устройство { $device }, которое могло бы их увидеть, не узнаёт о сообщениях в них.
}
finding-rule-contradicts-itself = Правило «{ $rule }» никогда не совпадёт, потому что его условия исключают друг друга.
finding-rule-has-an-unknown-condition = Правило «{ $rule }» никогда не совпадёт, потому что сервер не знает одного из его условий.
finding-rule-is-shadowed = Правило «{ $rule }» никогда не совпадёт, потому что раньше идёт это правило, совпадающее с тем же: { $other }.
finding-rule-for-a-room-that-was-left = Правило «{ $rule }» относится к комнате, в которой вас нет.
finding-room-is-muted-twice = Комната { $room } отключена двумя правилами: { $other } и { $rule }.
advice-no-pusher = Войдите через приложение на своём устройстве и разрешите его уведомления.
advice-notifications-are-off = Включите их, чтобы получать уведомления.
advice-no-process-delivers = Обратитесь к администраторам сервера. Ничего не потеряно.
advice-pusher-is-failing = Сервер сам попробует ещё раз. Если приложения на устройстве больше нет, удалите это устройство; иначе нужно починить его шлюз.
advice-pusher-is-retrying = Сервер сам попробует ещё раз, и ничего не потеряется.
advice-pusher-was-removed = Откройте приложение на устройстве, чтобы оно снова подписалось на уведомления.
advice-pusher-is-disabled = Включите его, чтобы получать на нём уведомления.
advice-pusher-is-not-confirmed = Откройте приложение на устройстве.
advice-pushes-do-not-arrive = Откройте приложение на устройстве. Проверьте, что устройство в сети и что его система разрешает приложению получать уведомления и работать в фоне.
advice-handle-is-shared = Если это не намеренно, дайте этому устройству собственную метку.
advice-device-rules-without-a-pusher = Они снова будут действовать, когда приложение подпишется с этой меткой.
advice-calls-cannot-ring = Измените это правило или добавьте правило для звонков.
advice-calls-in-a-room-cannot-ring = Разрешите звонкам этой комнаты звучать или оставьте её отключённой.
advice-mentions-in-encrypted-rooms-are-hidden = Отправляйте зашифрованные сообщения на устройство, чтобы оно могло искать упоминания.
advice-rule-has-an-unknown-condition = Исправьте правило или удалите его.
advice-rule-contradicts-itself = Исправьте правило или удалите его.
advice-rule-is-shadowed = Удалите одно из них или измените их порядок.
advice-rule-for-a-room-that-was-left = Удалите правило, если не собираетесь возвращаться.
advice-room-is-muted-twice = Чтобы снова получать уведомления из комнаты, нужно удалить оба. Удалите одно из них сейчас.
remedy-delete-rule = Удалить: { $rule }
remedy-enable-rule = Включить: { $rule }
remedy-disable-rule = Выключить: { $rule }
remedy-let-calls-ring = Разрешить звук звонков на { $device }
remedy-send-encrypted-messages = Отправлять все зашифрованные сообщения на { $device }
remedy-enable-pusher = Включить { $device }
remedy-delete-pusher = Удалить { $device }
remedy-send-a-test = Отправить тест на { $device }
remedy-own-handle-with-the-rules = Дать устройству { $device } собственную метку с копией правил
remedy-own-handle-without-rules = Дать устройству { $device } собственную метку без правил

## Devices
devices-title = Устройства
devices-about = Приложения, которые этот сервер уведомляет для вас, что они делают и что с ними не так.
devices-none = Ни одно ваше устройство ещё не получает уведомлений
devices-none-about = На первом экране показано, как его добавить.
devices-removed = Удалённые за последние 30 дней
devices-device = Устройство
devices-when = Удалено
devices-why = Почему
device-arrived-unknown = неизвестно: приложение не загружает то, о чём его уведомляют
device-error = Последняя ошибка
device-held = Задержано до
device-waiting = Очередь
device-gateway = Шлюз
device-gateway-none = нет
device-handle = Метка
device-handle-none = нет
device-app = App id
device-settings = Настройки
device-enabled = Уведомления на этом устройстве
device-badges = Отправлять число для значка приложения
device-hold = Пока вы активны на другом устройстве, ждать
device-hold-hint = Что вы прочитаете там за это время, не отправляется на это устройство.
device-hold-none = не ждать
removed-deleted = Удалено вами или вашим приложением
removed-rejected = Шлюз сообщил, что устройства больше нет
removed-device-removed = На устройстве выполнен выход
removed-taken-over = На устройстве вошёл другой пользователь
removed-account-closed = Учётная запись закрыта
removed-unsubscribed = Подписка завершена
removed-address-removed = Адрес удалён
removed-not-confirmed = Приложение его не подтвердило

## Try a rule
try-title = Испытать правило
try-about = Ничего не отправляется и не сохраняется, пока вы не сохраните правило.
try-event = Событие
try-room-hint = Комната, в которой вы состоите: для её участников и вашего имени в ней. Можно оставить пустым.
try-event-json = Событие как JSON
try-bad-event = Событие — не JSON: { $error }
try-rule = Правило
try-subject = Применяется к
try-subject-word = сообщениям со словом
try-subject-room = всему в комнате
try-subject-sender = всему от человека
try-subject-conditions = своим условиям
try-value-word = Слово; * и ? заменяют любые буквы
try-value-room = ID комнаты
try-value-sender = ID пользователя
try-value-conditions = Условия как список JSON
try-effect = Нужно
try-effect-ring = уведомить со звуком
try-effect-highlight = уведомить со звуком и выделить
try-effect-quiet = уведомить без звука
try-effect-mute = не уведомлять
try-scope = Где
try-all-devices = все устройства
try-do = Испытать
try-result = Что произошло бы
try-counts = Событие уведомило бы вас.
try-counts-not = Событие не уведомило бы вас.
try-no-devices = У вас ещё нет устройства, поэтому звука бы не было.
try-rings = Со звуком
try-silent = Уведомляет без звука
try-nothing = Ничего
try-handle = Метка { $handle }
try-save-account = Сохранить для этой учётной записи
try-save-device = Сохранить для этого устройства
try-saved = Сохранено

preview-title = { $count ->
    [one] С этим правилом: { $count } последнее событие
    [few] С этим правилом: { $count } последних события
    [many] С этим правилом: { $count } последних событий
   *[other] С этим правилом: { $count } последнего события
}
preview-account = Счётчики непрочитанного
preview-none = ничего не изменится
preview-rings = { $count ->
    [one] ещё { $count } со звуком
    [few] ещё { $count } со звуком
    [many] ещё { $count } со звуком
   *[other] ещё { $count } со звуком
}
preview-silent = { $count ->
    [one] { $count } станет без звука
    [few] { $count } станут без звука
    [many] { $count } станут без звука
   *[other] { $count } станет без звука
}
preview-differs = { $count ->
    [one] { $count } прозвучит иначе
    [few] { $count } прозвучат иначе
    [many] { $count } прозвучат иначе
   *[other] { $count } прозвучит иначе
}
preview-cut = Правила слишком сложны, чтобы проверить их на всех событиях.
change-rings = со звуком
change-silent = станет без звука
change-differs = прозвучит иначе

## A path without a screen
missing-title = Такого экрана нет
missing-about = По этому адресу в консоли нет экрана.

## Administration
admin-title = Администрирование
admin-about = Шлюзы и устройства всех пользователей. Сообщения и адреса устройств здесь не показываются.
admin-alarms = Тревоги
admin-no-alarms = Тревог нет
admin-alarm = За последний { $window } через { $gateway } дошло { $share } push-сообщений; обычно — { $usual }.
admin-window-hour = час
admin-window-day = день
admin-trouble = { $app }: { $reason }, с { $since }
admin-gateways = Шлюзы
admin-no-gateways = Ни у одного устройства ещё нет шлюза.
admin-gateway = Шлюз
admin-gateway-others = другие шлюзы
admin-devices = Устройства
admin-failing = Сбой
admin-queue = Ожидают
admin-oldest = Сбой с
admin-hour = Дошло за час
admin-day = Дошло за день
admin-usual = Обычно
admin-share-unknown = неизвестно
admin-apps = Приложения шлюза этого сервера
admin-no-apps = У шлюза этого сервера нет приложений.
admin-app = Приложение
admin-app-state = Состояние
admin-app-waiting = Запросы
admin-app-requests = выполняется { $running }, ожидает { $waiting }
admin-app-expires = Учётные данные действуют до
admin-app-ok = Работает
admin-app-degraded = Работает частично
admin-app-failing = Сбой
admin-app-alarmed = Отказывает большинству устройств
admin-states = Состояния устройств
admin-state-count = { $count ->
    [one] { $count } устройство
    [few] { $count } устройства
    [many] { $count } устройств
   *[other] { $count } устройства
}
admin-users = Устройства пользователей
admin-user = Пользователь
admin-find = Найти пользователя или устройство
admin-no-users = Устройств не найдено.
admin-error = Последняя ошибка
admin-more = Загрузить ещё
resend-do = Отправить ещё раз
resend-to = на { $name }

## Пользователи
users-title = Пользователи
users-about = Учётные записи этого сервера. Изменение действует сразу.
users-find = Идентификатор или отображаемое имя
users-search = Найти
users-none = Пользователей не найдено.
users-seen = Последний запрос
users-admin = Администратор
users-active = Активна
users-locked = Заблокирована
users-suspended = Приостановлена
users-lock = Заблокировать
users-unlock = Разблокировать
users-suspend = Приостановить
users-unsuspend = Снять приостановку
users-lock-about = Пока вы не разблокируете учётную запись, { $user } не может ею пользоваться, и на её устройства ничего не отправляется.
users-unlock-about = { $user } снова может пользоваться учётной записью, и её устройства снова получают уведомления.
users-suspend-about = Пока вы не снимете приостановку, { $user } может читать, но не может отправлять и менять то, что видят другие.
users-unsuspend-about = { $user } снова может отправлять и менять то, что видят другие.
