message-from = Сообщение от { $sender }
message-from-in = Сообщение от { $sender } в { $room }
count-in-room =
    { $count ->
        [one] { $count } уведомление
        [few] { $count } уведомления
        [many] { $count } уведомлений
       *[other] { $count } уведомления
    } в { $room }
count-in-rooms =
    { $count ->
        [one] { $count } уведомление
        [few] { $count } уведомления
        [many] { $count } уведомлений
       *[other] { $count } уведомления
    } в { $rooms ->
        [one] { $rooms } комнате
        [few] { $rooms } комнатах
        [many] { $rooms } комнатах
       *[other] { $rooms } комнаты
    }
new-notifications = Новые уведомления

more-events =
    { $count ->
        [one] { $count } более раннее сообщение
        [few] { $count } более ранних сообщения
        [many] { $count } более ранних сообщений
       *[other] { $count } более раннего сообщения
    }
more-rooms =
    { $rooms ->
        [one] И ещё в { $rooms } комнате.
        [few] И ещё в { $rooms } комнатах.
        [many] И ещё в { $rooms } комнатах.
       *[other] И ещё в { $rooms } комнаты.
    }
wrote = { $sender }:
no-name = (без имени)

about = { $server } присылает по почте то, что вы не прочитали.
end-below = Чтобы отказаться от этих писем, откройте:
end-link = Больше не присылать письма
devices-link = Настройки ваших устройств
why-link = Почему мне это пришло?

test-subject = Проверка
test-text = Это проверка. Уведомления приходят в этот почтовый ящик.

confirm-subject = Подтвердите свой адрес электронной почты
confirm-request = Поступил запрос на добавление этого адреса к учётной записи на { $server }.
confirm-if-you = Если это ваш запрос, откройте эту страницу в течение часа и подтвердите адрес на ней:
confirm-if-not = Если нет, ничего делать не нужно: без подтверждения адрес не будет добавлен.
