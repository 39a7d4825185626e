## Everywhere
skip = Перейти до вмісту
close = Закрити
cancel = Скасувати
nav-label = Екрани
sign-out = Вийти
copy-link = Копіювати посилання
copy-json = Копіювати як JSON
copy-done = Скопійовано
copy-failed = Ваш браузер не дозволив копіювання
clock-differs = Годинник цього браузера відрізняється від годинника сервера на { $by }. Нижче вказано час сервера.
theme-label = Тема: { $theme }
theme-system = як у системі
theme-light = світла
theme-dark = темна
language-label = Мова
time-now = щойно
time-never = ніколи

## States of every screen
state-loading = Завантаження
state-slow = Сервер відповідає довше, ніж зазвичай. Чекаємо далі.
state-offline = Сервер недоступний
state-forbidden = Вам не дозволено це переглядати
state-missing = Тут немає нічого, що ви можете переглянути
state-failed = Сервер не зміг відповісти
state-retry = Спробувати ще раз

## Sign in
sign-in-title = Belfry
sign-in-about = Чому пролунав звук? Чому ні? Увійдіть зі своїм обліковим записом Matrix на цьому сервері.
sign-in-user = Ім’я користувача
sign-in-user-hint = Наприклад, alice або @alice:example.org
sign-in-password = Пароль
sign-in-token = Токен доступу
sign-in-token-hint = Від клієнта або скрипта. Він лишається чинним, коли ви вийдете звідси.
sign-in-token-of-link = Він був у посиланні, яке ви відкрили.
sign-in-registration = Токен реєстрації
sign-in-registration-hint = Від адміністратора цього сервера.
sign-in-registration-refused = Цей токен реєстрації невідомий, вичерпаний або його термін минув
sign-in-do = Увійти
sign-in-create = Створити обліковий запис
sign-in-with-account = Створити обліковий запис
sign-in-new-user-hint = Малі латинські літери, цифри та . _ = / -
sign-in-busy = Вхід…
sign-in-with-token = Використати токен доступу
sign-in-with-password = Використати пароль
sign-in-refused = Неправильне ім’я користувача або пароль
sign-in-token-refused = Сервер не знає цього токена доступу

## Keys
keys-title = Клавіші
keys-filter = Перейти до фільтра
keys-next = Наступний рядок
keys-previous = Попередній рядок
keys-open = Відкрити рядок
keys-back = Вийти з поля або повернутися до списку
keys-test = Перейти до першої кнопки тесту
keys-help = Цей список
keys-switch = Використовувати однолітерні клавіші

## Today
today-title = Сьогодні
today-devices = Ваші пристрої
today-recent = Що сталося останнім часом
today-all = Усі шляхи
device-success = Останнє сповіщення
device-failing = Збій із
device-arrived = Надійшло через { $after }
device-last-arrived = Востаннє надійшло
device-usually = зазвичай через { $after }
device-not-seen = { $count ->
    [one] не надійшло останнє (усього { $count })
    [few] не надійшли останні { $count }
    [many] не надійшли останні { $count }
   *[other] не надійшли останні { $count }
}
device-queued = { $count ->
    [one] { $count } очікує
    [few] { $count } очікують
    [many] { $count } очікують
   *[other] { $count } очікують
}
pusher-ok = Сповіщає
pusher-unused = Ще не використовувався
pusher-pending = Не підтверджено застосунком
pusher-retrying = Повторні спроби
pusher-failing = Збій
pusher-off = Вимкнено
pusher-not-seen = Надіслано, але не побачено
test-send = Надіслати тест
test-to = на { $name }
test-busy = Надсилання…
test-ok = Надіслано
test-rejected = Відхилено: застосунок не має такого пристрою
test-unreachable = Шлюз недоступний
test-rate-limited = Шлюз просить зачекати
test-not-registered = Такого пристрою більше немає
test-blocked = Адреса шлюзу не дозволена
test-disabled = Пристрій вимкнено
test-not-activated = Застосунок не підтвердив пристрій
test-unsupported = Для цього типу пристроїв тесту немає
first-title = Жоден ваш пристрій ще не отримує сповіщень
first-about = Застосунок повідомляє серверу, куди надсилати сповіщення; це називається pusher. Його можна отримати двома способами:
first-client = Увійдіть в Element X, FluffyChat або SchildiChat як { $user }, із сервером { $server }, і дозвольте сповіщення.
first-curl = Або створіть тестову скриньку на цьому сервері. TOKEN — ваш токен доступу:
first-waiting = Чекаємо на ваш перший пристрій. Сторінка оновиться сама.

ring-do = Подати сигнал у цей браузер
ring-step-permission = Браузер запитує, чи може показувати сповіщення…
ring-step-subscribe = Підписка в push-службі вашого браузера…
ring-step-confirm = Очікування першого push-повідомлення…
ring-step-ring = Подаємо сигнал…
ring-done = Надіслано. Ваш браузер зараз показує сповіщення.
ring-denied = Ваш браузер не дозволяє сповіщень для цієї сторінки. Дозвольте їх у його налаштуваннях для цього сайту.
ring-off = На цьому сервері немає Web Push (параметр push.web_push).
ring-no-service = Ваш браузер не зміг підписатися у своїй push-службі.
ring-not-confirmed = Перше push-повідомлення не надійшло за 20 секунд. Перевірте, чи сервер має доступ до інтернету.
ring-unsupported = Щоб подати сигнал у цей браузер, відкрийте консоль через https або на localhost.
ring-app = Консоль Belfry
ring-device = Цей браузер
ring-title = Сигнал отримано
ring-text = Сповіщення Belfry доходять до цього браузера.

## Journeys
journeys-title = Шляхи
journeys-event = Відкрити за ID події
list-event = Подія
list-why = Чому
list-no-devices = Немає пристрою
list-older = Завантажити старіші
list-news = { $count ->
    [one] { $count } новий
    [few] { $count } нові
    [many] { $count } нових
   *[other] { $count } нового
}
list-total = { $count ->
    [one] { $count } шлях
    [few] { $count } шляхи
    [many] { $count } шляхів
   *[other] { $count } шляху
}
list-total-at-least = { $count ->
    [one] Щонайменше { $count } шлях
    [few] Щонайменше { $count } шляхи
    [many] Щонайменше { $count } шляхів
   *[other] Щонайменше { $count } шляху
}
list-none = Ще нічого не сталося
list-none-about = Кожне надіслане вам повідомлення з’являється тут саме, разом із причиною, чому воно пролунало чи ні.
list-none-match = Немає відповідних шляхів
list-none-match-about = Приберіть фільтр або зачекайте: нові шляхи з’являються самі.
live-connecting = З’єднання
live-live = Наживо
live-paused = Призупинено
live-failed = Кожні 5 секунд
live-pause = Призупинити
live-resume = Продовжити
filter-state = Стан
filter-device = Пристрій
filter-since = Час
filter-room = ID кімнати
filter-all = Усі
filter-clear = Очистити фільтри
since-1h = Остання година
since-24h = Останні 24 години
since-7d = Останні 7 днів
device-state-sent = Надіслано
device-state-waiting = Очікує
device-state-held = Затримано
device-state-failing = Збій
device-state-silent = Без звуку
device-state-read-first = Прочитано раніше
device-state-skipped = Пропущено
device-state-dropped = Відмовлено
device-state-rejected = Відхилено
device-state-off = Вимкнено
device-state-unknown = Невідомо
type-m-room-message = Повідомлення
type-m-room-encrypted = Зашифроване повідомлення
type-m-room-member = Участь
type-m-call-invite = Виклик
type-m-sticker = Наліпка
type-m-room-topic = Тема
type-m-room-name = Назва кімнати
type-m-room-tombstone = Оновлення кімнати
type-m-poll-start = Опитування

## One journey
journey-title = Шлях події
journey-decision = Рішення
journey-devices = Пристрої
journey-no-devices = Пристрою не було
journey-no-devices-about = Коли подію було надіслано, цей користувач не мав застосунку, що отримує сповіщення.
journey-rule = Вирішальне правило:
journey-rules = Правила сповіщень у порядку перевірки
journey-rules-changed = Відтоді правила змінилися. У списку — теперішні правила; рішення — збережене.
journey-try = Випробувати правило на цій події
journey-removed = Вилучено
journey-untraced = Сервер не записує шляхів (параметр trace.enabled), тому спроб тут немає.
fact-when = Надіслано
fact-sender = Відправник
fact-room = Кімната
fact-type = Тип
fact-user = Шлях для
fact-read = Прочитано
fact-read-yes = так
fact-read-no = ще ні
fact-event = ID події
step-attempt = спроба { $number }
step-status = статус { $status }
step-next = наступна спроба
step-unknown = Невідомо
step-waiting = Очікує
step-held = Затримано

step-sent = Надіслано
step-fetched = Надійшло
step-rejected = Відхилено
step-dropped = Відмовлено
step-skipped = Не надіслано
step-cleared = Вилучено
step-not-queued = Не надіслано
step-not-seen = Не побачено
step-gateway = На шлюзі
reason-no-rule-matched = Жодне правило не збіглося
reason-not-kept = Уже невідомо
reason-wakes-only = Будить пристрій
reason-rules-failed = Збій правил
reason-not-fetched = Не побачено
reason-read = Прочитано раніше
reason-gateway-failing = Збій шлюзу
reason-mail-server-failing = Збій поштового сервера
reason-suppressed-by-a-device-rule = Вимкнено на цьому пристрої
reason-does-not-notify = Не сповіщає
reason-in-the-app-only = Лише в застосунку
reason-collapsed = Замінено новішим
reason-active-elsewhere = Затримано: активність на іншому пристрої
reason-no-pushers = Немає пристрою
reason-set-after-the-event = Налаштовано пізніше
reason-pusher-disabled = Пристрій був вимкнений
reason-disabled = Пристрій вимкнено
reason-not-activated = Не підтверджено застосунком
reason-own-event = Власна подія
reason-not-a-member = Не учасник
reason-sender-is-ignored = Відправника ігноровано
reason-redacted = Видалене повідомлення
reason-not-by-e-mail = Не поштою
remedy-2xx = Шлюз відповів, але не прийняв сповіщення. Його оператор може знайти причину в журналі.
remedy-3xx = Шлюз відповів переспрямуванням. Вкажіть для pusher кінцеву адресу.
remedy-4xx = Шлюз відхиляє запит. Перевірте app id та адресу pusher.
remedy-5xx = На шлюзі несправність. Сервер сам спробує ще раз.
remedy-connection-refused = За адресою шлюзу ніщо не відповідає. Перевірте, чи він працює, і його порт.
remedy-dns = Імені хоста шлюзу не існує. Перевірте адресу pusher.
remedy-timeout = Шлюз не відповів вчасно. Сервер сам спробує ще раз.
remedy-tls = Сертифікату шлюзу немає довіри. Поновіть його або додайте його центр сертифікації через push.extra_ca.
remedy-blocked-by-the-IP-policy = Адреса не публічна. Дозвольте її через push.allow_ip_ranges, якщо довіряєте їй.

## Rules
rules-not-matched = { $count ->
    [one] { $count } правило не збіглося
    [few] { $count } правила не збіглися
    [many] { $count } правил не збіглися
   *[other] { $count } правила не збіглося
}
rules-not-reached = { $count ->
    [one] Ще { $count } правило не знадобилося.
    [few] Ще { $count } правила не знадобилися.
    [many] Ще { $count } правил не знадобилися.
   *[other] Ще { $count } правила не знадобилося.
}
verdict-matched = Збіглося
verdict-wakes-only = Будить пристрій
verdict-no-match = Не збіглося
verdict-disabled = Вимкнено
verdict-malformed = Хибний формат
verdict-not-evaluated = Не перевірялося
check-holds = Виконано
check-fails = Не виконано
check-expected = очікувано
check-actual = насправді
check-nothing = нічого
condition-event-match = Подія відповідає шаблону
condition-event-property-is = Властивість події має значення
condition-event-property-contains = Список у події містить значення
condition-contains-display-name = Текст містить ваше ім’я
condition-room-member-count = Кімната має певну кількість учасників
condition-sender-notification-permission = Відправник може сповіщати кімнату
rule-own = Власне правило { $id } ({ $kind })
rule-device = лише { $handle }
kind-override = пріоритетне
kind-content = слово
kind-room = кімната
kind-sender = відправник
kind-underride = запасне
rule-m-rule-master = Усе вимкнено
rule-m-rule-suppress-notices = Повідомлення ботів
rule-m-rule-invite-for-me = Запрошення для вас
rule-m-rule-member-event = Зміни учасників
rule-m-rule-is-user-mention = Згадки про вас
rule-m-rule-contains-display-name = Ваше ім’я в тексті
rule-m-rule-is-room-mention = Згадки всієї кімнати
rule-m-rule-roomnotif = @room у тексті
rule-m-rule-tombstone = Оновлення кімнат
rule-m-rule-reaction = Реакції
rule-m-rule-room-server-acl = Списки серверів кімнат
rule-m-rule-suppress-edits = Редагування повідомлень
rule-m-rule-contains-user-name = Ваше ім’я користувача в тексті
rule-m-rule-call = Виклики
rule-m-rule-encrypted-room-one-to-one = Зашифровані повідомлення двох людей
rule-m-rule-room-one-to-one = Повідомлення двох людей
rule-m-rule-message = Повідомлення
rule-m-rule-encrypted = Зашифровані повідомлення

## The table of rules
rules-title = Правила
rules-about = Що і де звучить. Правило пристрою діє перед правилами облікового запису, лише для цього пристрою. Лічильники непрочитаного залежать тільки від облікового запису.
rules-account = Обліковий запис
rules-device = Пристрій
rules-filter = Знайти кімнату
rules-rooms = Кімнати
rules-senders = Люди
rules-contents = Слова
rules-room = Кімната
rules-sender = Людина
rules-content = Слово
rules-no-rooms = Кімнат не знайдено.
rules-no-senders = Немає правил для людей.
rules-no-contents = Немає правил для слів.
rules-more = Показати більше
rules-cell = { $what }, { $where }
rules-effect = Дія
rules-period = Термін
rules-save = Зберегти
rules-add = Додати
rules-add-sender = ID користувача
rules-add-content = Слово; * і ? заміняють будь-які літери
rules-other = Інші правила
rules-own = Ваші правила з умовами
rules-defaults = Типові правила
rules-rule = Правило
rules-state = Стан
rules-actions = Змінити
rules-on = Увімкнено
rules-off = Вимкнено
rules-switch-on = Увімкнути
rules-switch-off = Вимкнути
rules-delete = Видалити
rules-ends = закінчується
effect-inherits = Як зазвичай
effect-muted = Вимкнено
effect-mentions = Лише згадки
effect-silent = Без звуку
effect-quiet = Сповіщає без звуку
effect-rings = Зі звуком
effect-highlight = Зі звуком і виділенням
period-always = назавжди
period-hour = одна година
period-work = вісім годин
period-day = доба

## The doctor
doctor-title = Діагностика
doctor-nothing = Ніщо не заважає вашим сповіщенням надходити
doctor-more = { $count ->
    [one] Ще { $count } проблема з’явиться, коли ці буде виправлено.
    [few] Ще { $count } проблеми з’являться, коли ці буде виправлено.
    [many] Ще { $count } проблем з’являться, коли ці буде виправлено.
   *[other] Ще { $count } проблеми з’явиться, коли ці буде виправлено.
}
severity-problem = Проблема
severity-warning = Попередження
severity-hint = Підказка
finding-busy = Змінюємо…
finding-done = Готово
finding-no-pusher = Жоден ваш пристрій не отримує сповіщень.
finding-notifications-are-off = Усі сповіщення вимкнено.
finding-no-process-delivers = Сервер зараз не надсилає сповіщень. Вони чекають, доки надсилання відновиться.
finding-pusher-is-failing = Сповіщення на { $device } не надсилаються з { $since }.
finding-pusher-is-retrying = Сповіщення на { $device } не надсилаються з { $since }.
finding-pusher-is-disabled = Пристрій { $device } вимкнено.
finding-pusher-is-not-confirmed = Застосунок на { $device } не підтвердив, що хоче отримувати сповіщення.
finding-pushes-do-not-arrive = Пристрій { $device } не завантажив нічого з того, про що його сповіщали, з { $since }.
finding-handle-is-shared = Пристрій { $device } має ті самі правила, що й інший пристрій, бо обидва мають мітку { $handle }.
finding-device-rules-without-a-pusher = Для мітки { $handle } є правила, але жоден пристрій її не має.
finding-calls-cannot-ring = Виклики не можуть звучати на { $device } через це правило: { $rule }.
finding-calls-in-a-room-cannot-ring = Виклики в { $room } не можуть звучати на { $device } через це правило: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Сервер не бачить згадок у зашифрованих кімнатах ({ $count } кімната), а { $device }, який міг би їх побачити, не дізнається про повідомлення в них.
    [few] Сервер не бачить згадок у { $count } зашифрованих кімнатах, а { $device }, який міг би їх побачити, не дізнається про повідомлення в них.
    [many] Сервер не бачить згадок у { $count } зашифрованих кімнатах, а { $device }, який міг би їх побачити, не дізнається про повідомлення в них.
   *[other] Сервер не бачить згадок у { $count } зашифрованих кімнатах, а { $device }, який міг би їх побачити, не дізнається про повідомлення в них.
}
finding-rule-contradicts-itself = Правило «{ $rule }» ніколи не збіжиться, бо його умови виключають одна одну.
finding-rule-has-an-unknown-condition = Правило «{ $rule }» ніколи не збіжиться, бо сервер не знає однієї з його умов.
finding-rule-is-shadowed = Правило «{ $rule }» ніколи не збіжиться, бо раніше йде це правило, що збігається з тим самим: { $other }.
finding-rule-for-a-room-that-was-left = Правило «{ $rule }» стосується кімнати, в якій вас немає.
finding-room-is-muted-twice = Кімнату { $room } вимкнено двома правилами: { $other } і { $rule }.
advice-no-pusher = Увійдіть через застосунок на своєму пристрої та дозвольте його сповіщення.
advice-notifications-are-off = Увімкніть їх, щоб отримувати сповіщення.
advice-no-process-delivers = Зверніться до адміністраторів сервера. Нічого не втрачено.
advice-pusher-is-failing = Сервер сам спробує ще раз. Якщо застосунку на пристрої вже немає, видаліть цей пристрій; інакше треба полагодити його шлюз.
advice-pusher-is-retrying = Сервер сам спробує ще раз, і нічого не загубиться.
advice-pusher-was-removed = Відкрийте застосунок на пристрої, щоб він знову підписався на сповіщення.
advice-pusher-is-disabled = Увімкніть його, щоб отримувати на ньому сповіщення.
advice-pusher-is-not-confirmed = Відкрийте застосунок на пристрої.
advice-pushes-do-not-arrive = Відкрийте застосунок на пристрої. Перевірте, чи пристрій у мережі та чи дозволяє його система застосунку отримувати сповіщення і працювати у фоновому режимі.
advice-handle-is-shared = Якщо це не навмисно, дайте цьому пристрою власну мітку.
advice-device-rules-without-a-pusher = Вони знову діятимуть, коли застосунок підпишеться з цією міткою.
advice-calls-cannot-ring = Змініть це правило або додайте правило для викликів.
advice-calls-in-a-room-cannot-ring = Дозвольте викликам цієї кімнати звучати або залиште її вимкненою.
advice-mentions-in-encrypted-rooms-are-hidden = Надсилайте зашифровані повідомлення на пристрій, щоб він міг шукати згадки.
advice-rule-has-an-unknown-condition = Виправте правило або видаліть його.
advice-rule-contradicts-itself = Виправте правило або видаліть його.
advice-rule-is-shadowed = Видаліть одне з них або змініть їхній порядок.
advice-rule-for-a-room-that-was-left = Видаліть правило, якщо не плануєте повертатися.
advice-room-is-muted-twice = Щоб знову отримувати сповіщення з кімнати, треба видалити обидва. Видаліть одне з них зараз.
remedy-delete-rule = Видалити: { $rule }
remedy-enable-rule = Увімкнути: { $rule }
remedy-disable-rule = Вимкнути: { $rule }
remedy-let-calls-ring = Дозволити звук викликів на { $device }
remedy-send-encrypted-messages = Надсилати всі зашифровані повідомлення на { $device }
remedy-enable-pusher = Увімкнути { $device }
remedy-delete-pusher = Видалити { $device }
remedy-send-a-test = Надіслати тест на { $device }
remedy-own-handle-with-the-rules = Дати пристрою { $device } власну мітку з копією правил
remedy-own-handle-without-rules = Дати пристрою { $device } власну мітку без правил

## Devices
devices-title = Пристрої
devices-about = Застосунки, які цей сервер сповіщає для вас, що вони роблять і що з ними не так.
devices-none = Жоден ваш пристрій ще не отримує сповіщень
devices-none-about = На першому екрані показано, як його додати.
devices-removed = Вилучені за останні 30 днів
devices-device = Пристрій
devices-when = Вилучено
devices-why = Чому
device-arrived-unknown = невідомо: застосунок не завантажує того, про що його сповіщено
device-error = Остання помилка
device-held = Затримано до
device-waiting = Черга
device-gateway = Шлюз
device-gateway-none = немає
device-handle = Мітка
device-handle-none = немає
device-app = App id
device-settings = Налаштування
device-enabled = Сповіщення на цьому пристрої
device-badges = Надсилати число для значка застосунку
device-hold = Коли ви активні на іншому пристрої, чекати
device-hold-hint = Що ви за цей час прочитаєте там, не надсилається на цей пристрій.
device-hold-none = не чекати
removed-deleted = Видалено вами або вашим застосунком
removed-rejected = Шлюз повідомив, що пристрою більше немає
removed-device-removed = На пристрої виконано вихід
removed-taken-over = На пристрої увійшов інший користувач
removed-account-closed = Обліковий запис закрито
removed-unsubscribed = Підписку завершено
removed-address-removed = Адресу вилучено
removed-not-confirmed = Застосунок його не підтвердив

## Try a rule
try-title = Випробувати правило
try-about = Нічого не надсилається і не зберігається, доки ви не збережете правило.
try-event = Подія
try-room-hint = Кімната, до якої ви приєдналися: для її учасників і вашого імені в ній. Можна лишити порожнім.
try-event-json = Подія як JSON
try-bad-event = Подія не є JSON: { $error }
try-rule = Правило
try-subject = Стосується
try-subject-word = повідомлень зі словом
try-subject-room = усього в кімнаті
try-subject-sender = усього від людини
try-subject-conditions = власних умов
try-value-word = Слово; * і ? заміняють будь-які літери
try-value-room = ID кімнати
try-value-sender = ID користувача
try-value-conditions = Умови як список JSON
try-effect = Слід
try-effect-ring = сповістити зі звуком
try-effect-highlight = сповістити зі звуком і виділити
try-effect-quiet = сповістити без звуку
try-effect-mute = не сповіщати
try-scope = Де
try-all-devices = усі пристрої
try-do = Випробувати
try-result = Що сталося б
try-counts = Подія сповістила б вас.
try-counts-not = Подія не сповістила б вас.
try-no-devices = У вас ще немає пристрою, тож ніщо не пролунало б.
try-rings = Зі звуком
try-silent = Сповіщає без звуку
try-nothing = Нічого
try-handle = Мітка { $handle }
try-save-account = Зберегти для цього облікового запису
try-save-device = Зберегти для цього пристрою
try-saved = Збережено

preview-title = { $count ->
    [one] З цим правилом: { $count } остання подія
    [few] З цим правилом: { $count } останні події
    [many] З цим правилом: { $count } останніх подій
   *[other] З цим правилом: { $count } останньої події
}
preview-account = Лічильники непрочитаного
preview-none = нічого не зміниться
preview-rings = { $count ->
    [one] ще { $count } зі звуком
    [few] ще { $count } зі звуком
    [many] ще { $count } зі звуком
   *[other] ще { $count } зі звуком
}
preview-silent = { $count ->
    [one] { $count } стане без звуку
    [few] { $count } стануть без звуку
    [many] { $count } стануть без звуку
   *[other] { $count } стане без звуку
}
preview-differs = { $count ->
    [one] { $count } звучатиме інакше
    [few] { $count } звучатимуть інакше
    [many] { $count } звучатимуть інакше
   *[other] { $count } звучатиме інакше
}
preview-cut = Правила надто складні, щоб перевірити їх на всіх подіях.
change-rings = зі звуком
change-silent = стане без звуку
change-differs = звучатиме інакше

## A path without a screen
missing-title = Такого екрана немає
missing-about = За цією адресою консоль не має екрана.

## Administration
admin-title = Адміністрування
admin-about = Шлюзи та пристрої всіх користувачів. Повідомлення й адреси пристроїв тут не показуються.
admin-alarms = Тривоги
admin-no-alarms = Тривог немає
admin-alarm = За останню { $window } через { $gateway } надійшло { $share } push-повідомлень; зазвичай — { $usual }.
admin-window-hour = годину
admin-window-day = добу
admin-trouble = { $app }: { $reason }, з { $since }
admin-gateways = Шлюзи
admin-no-gateways = Жоден пристрій ще не має шлюзу.
admin-gateway = Шлюз
admin-gateway-others = інші шлюзи
admin-devices = Пристрої
admin-failing = Збій
admin-queue = Очікують
admin-oldest = Збій із
admin-hour = Надійшло за годину
admin-day = Надійшло за добу
admin-usual = Зазвичай
admin-share-unknown = невідомо
admin-apps = Застосунки шлюзу цього сервера
admin-no-apps = Шлюз цього сервера не має застосунків.
admin-app = Застосунок
admin-app-state = Стан
admin-app-waiting = Запити
admin-app-requests = виконується { $running }, очікує { $waiting }
admin-app-expires = Облікові дані чинні до
admin-app-ok = Працює
admin-app-degraded = Працює частково
admin-app-failing = Збій
admin-app-alarmed = Відмовляє більшості пристроїв
admin-states = Стани пристроїв
admin-state-count = { $count ->
    [one] { $count } пристрій
    [few] { $count } пристрої
    [many] { $count } пристроїв
   *[other] { $count } пристрою
}
admin-users = Пристрої користувачів
admin-user = Користувач
admin-find = Знайти користувача або пристрій
admin-no-users = Пристроїв не знайдено.
admin-error = Остання помилка
admin-more = Завантажити ще
resend-do = Надіслати ще раз
resend-to = на { $name }

## Користувачі
users-title = Користувачі
users-about = Облікові записи цього сервера. Зміна діє одразу.
users-find = Ідентифікатор або показуване ім’я
users-search = Шукати
users-none = Користувачів не знайдено.
users-seen = Останній запит
users-admin = Адміністратор
users-active = Активний
users-locked = Заблокований
users-suspended = Призупинений
users-lock = Заблокувати
users-unlock = Розблокувати
users-suspend = Призупинити
users-unsuspend = Зняти призупинення
users-lock-about = Доки ви не розблокуєте обліковий запис, { $user } не може ним користуватися, і на його пристрої нічого не надсилається.
users-unlock-about = { $user } знову може користуватися обліковим записом, і його пристрої знову отримують сповіщення.
users-suspend-about = Доки ви не знімете призупинення, { $user } може читати, але не може надсилати чи змінювати те, що бачать інші.
users-unsuspend-about = { $user } знову може надсилати й змінювати те, що бачать інші.
