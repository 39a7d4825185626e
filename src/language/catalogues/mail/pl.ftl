message-from = Wiadomość od { $sender }
message-from-in = Wiadomość od { $sender } w { $room }
count-in-room =
    { $count ->
        [one] { $count } powiadomienie
        [few] { $count } powiadomienia
        [many] { $count } powiadomień
       *[other] { $count } powiadomienia
    } w { $room }
count-in-rooms =
    { $count ->
        [one] { $count } powiadomienie
        [few] { $count } powiadomienia
        [many] { $count } powiadomień
       *[other] { $count } powiadomienia
    } w { $rooms ->
        [one] { $rooms } pokoju
        [few] { $rooms } pokojach
        [many] { $rooms } pokojach
       *[other] { $rooms } pokoju
    }
new-notifications = Nowe powiadomienia

more-events =
    { $count ->
        [one] { $count } wcześniejsza wiadomość
        [few] { $count } wcześniejsze wiadomości
        [many] { $count } wcześniejszych wiadomości
       *[other] { $count } wcześniejszej wiadomości
    }
more-rooms =
    { $rooms ->
        [one] I w { $rooms } innym pokoju.
        [few] I w { $rooms } innych pokojach.
        [many] I w { $rooms } innych pokojach.
       *[other] I w { $rooms } innego pokoju.
    }
wrote = { $sender }:
no-name = (bez nazwy)

about = { $server } wysyła e-mailem to, czego jeszcze nie przeczytano.
end-below = Aby z tego zrezygnować, otwórz:
end-link = Nie wysyłaj więcej e-maili
devices-link = Ustawienia Twoich urządzeń
why-link = Skąd to powiadomienie?

test-subject = Test
test-text = To jest test. Powiadomienia docierają do tej skrzynki.

confirm-subject = Potwierdź swój adres e-mail
confirm-request = Otrzymaliśmy prośbę o dodanie tego adresu do konta na { $server }.
confirm-if-you = Jeśli to Twoja prośba, otwórz tę stronę w ciągu godziny i potwierdź na niej adres:
confirm-if-not = Jeśli nie, nie musisz nic robić: adres zostanie dodany dopiero po potwierdzeniu.
