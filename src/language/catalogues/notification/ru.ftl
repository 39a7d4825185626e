message = { $sender }: { $text }
sent-message = { $sender } отправляет сообщение
sent-picture = { $sender } отправляет изображение
sent-video = { $sender } отправляет видео
sent-recording = { $sender } отправляет запись
sent-file = { $sender } отправляет файл
sent-location = { $sender } отправляет местоположение
sent-sticker = { $sender } отправляет стикер
sent-encrypted = { $sender } отправляет зашифрованное сообщение
sent-nothing = { $sender } отправляет сообщение без текста
invited = { $sender } приглашает вас
invited-to = { $sender } приглашает вас в { $room }
joined = { $sender } теперь в комнате
knocked = { $sender } просит разрешения войти
changed-members = { $sender } меняет состав комнаты
voice-call = Голосовой вызов от { $sender }
video-call = Видеовызов от { $sender }
did-something = Новое событие от { $sender }, его может показать приложение

new-notification = Новое уведомление
unread =
    { $count ->
        [one] { $count } непрочитанное
        [few] { $count } непрочитанных
        [many] { $count } непрочитанных
       *[other] { $count } непрочитанного
    }

empty-room = Пустая комната
room-invite = Приглашение в комнату
name-and-others =
    { $count ->
        [one] { $name } и ещё { $count } участник
        [few] { $name } и ещё { $count } участника
        [many] { $name } и ещё { $count } участников
       *[other] { $name } и ещё { $count } участника
    }
