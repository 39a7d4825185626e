message-from = Повідомлення від { $sender }
message-from-in = Повідомлення від { $sender } у { $room }
count-in-room =
    { $count ->
        [one] { $count } сповіщення
        [few] { $count } сповіщення
        [many] { $count } сповіщень
       *[other] { $count } сповіщення
    } у { $room }
count-in-rooms =
    { $count ->
        [one] { $count } сповіщення
        [few] { $count } сповіщення
        [many] { $count } сповіщень
       *[other] { $count } сповіщення
    } у { $rooms ->
        [one] { $rooms } кімнаті
        [few] { $rooms } кімнатах
        [many] { $rooms } кімнатах
       *[other] { $rooms } кімнати
    }
new-notifications = Нові сповіщення

more-events =
    { $count ->
        [one] { $count } попереднє повідомлення
        [few] { $count } попередні повідомлення
        [many] { $count } попередніх повідомлень
       *[other] { $count } попереднього повідомлення
    }
more-rooms =
    { $rooms ->
        [one] І ще в { $rooms } кімнаті.
        [few] І ще в { $rooms } кімнатах.
        [many] І ще в { $rooms } кімнатах.
       *[other] І ще в { $rooms } кімнати.
    }
wrote = { $sender }:
no-name = (без імені)

about = { $server } надсилає поштою те, чого ви не прочитали.
end-below = Щоб відмовитися від цих листів, відкрийте:
end-link = Більше не надсилати листів
devices-link = Налаштування ваших пристроїв
why-link = Чому мені це надійшло?

test-subject = Перевірка
test-text = Це перевірка. Сповіщення надходять до цієї поштової скриньки.

confirm-subject = Підтвердьте свою адресу електронної пошти
confirm-request = Надійшов запит на додавання цієї адреси до облікового запису на { $server }.
confirm-if-you = Якщо це ваш запит, відкрийте цю сторінку протягом години й підтвердьте адресу на ній:
confirm-if-not = Якщо ні, нічого робити не потрібно: без підтвердження адресу не буде додано.
