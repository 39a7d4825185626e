message = { $sender }: { $text }
sent-message = { $sender } przesyła wiadomość
sent-picture = { $sender } przesyła zdjęcie
sent-video = { $sender } przesyła film
sent-recording = { $sender } przesyła nagranie
sent-file = { $sender } przesyła plik
sent-location = { $sender } przesyła lokalizację
sent-sticker = { $sender } przesyła naklejkę
sent-encrypted = { $sender } przesyła zaszyfrowaną wiadomość
sent-nothing = { $sender } przesyła wiadomość bez tekstu
invited = { $sender } zaprasza Cię
invited-to = { $sender } zaprasza Cię do { $room }
joined = { $sender } dołącza do pokoju
knocked = { $sender } prosi o dołączenie
changed-members = { $sender } zmienia skład pokoju
voice-call = Połączenie głosowe od { $sender }
video-call = Połączenie wideo od { $sender }
did-something = { $sender } robi coś, co może pokazać aplikacja

new-notification = Nowe powiadomienie
unread =
    { $count ->
        [one] { $count } nieprzeczytane
        [few] { $count } nieprzeczytane
        [many] { $count } nieprzeczytanych
       *[other] { $count } nieprzeczytanego
    }

empty-room = Pusty pokój
room-invite = Zaproszenie do pokoju
name-and-others =
    { $count ->
        [one] { $name } i { $count } inna osoba
        [few] { $name } i { $count } inne osoby
        [many] { $name } i { $count } innych osób
       *[other] { $name } i { $count } innej osoby
    }
