message = { $sender }: { $text }
sent-message = { $sender } надсилає повідомлення
sent-picture = { $sender } надсилає зображення
sent-video = { $sender } надсилає відео
sent-recording = { $sender } надсилає запис
sent-file = { $sender } надсилає файл
sent-location = { $sender } надсилає місцеперебування
sent-sticker = { $sender } надсилає наліпку
sent-encrypted = { $sender } надсилає зашифроване повідомлення
sent-nothing = { $sender } надсилає повідомлення без тексту
invited = { $sender } запрошує вас
invited-to = { $sender } запрошує вас до { $room }
joined = { $sender } тепер у кімнаті
knocked = { $sender } просить дозволу приєднатися
changed-members = { $sender } змінює склад кімнати
voice-call = Голосовий виклик від { $sender }
video-call = Відеовиклик від { $sender }
did-something = Нова подія від { $sender }, її може показати застосунок

new-notification = Нове сповіщення
unread =
    { $count ->
        [one] { $count } непрочитане
        [few] { $count } непрочитані
        [many] { $count } непрочитаних
       *[other] { $count } непрочитаного
    }

empty-room = Порожня кімната
room-invite = Запрошення до кімнати
name-and-others =
    { $count ->
        [one] { $name } і ще { $count } учасник
        [few] { $name } і ще { $count } учасники
        [many] { $name } і ще { $count } учасників
       *[other] { $name } і ще { $count } учасника
    }
