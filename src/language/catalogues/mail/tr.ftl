message-from = { $sender } size mesaj gönderdi
message-from-in = { $room }: { $sender } mesaj gönderdi
count-in-room =
    { $room }: { $count ->
        [one] { $count } bildirim
       *[other] { $count } bildirim
    }
count-in-rooms =
    { $rooms ->
        [one] { $rooms } odada
       *[other] { $rooms } odada
    } { $count ->
        [one] { $count } bildirim
       *[other] { $count } bildirim
    }
new-notifications = Yeni bildirimler

more-events =
    { $count ->
        [one] { $count } önceki mesaj
       *[other] { $count } önceki mesaj
    }
more-rooms =
    { $rooms ->
        [one] Ve { $rooms } odada daha.
       *[other] Ve { $rooms } odada daha.
    }
wrote = { $sender }:
no-name = (adsız)

about = { $server } okumadıklarınızı size e-postayla gönderir.
end-below = Bu e-postaları durdurmak için şu sayfayı açın:
end-link = Artık e-posta gönderme
devices-link = Cihazlarınızın ayarları
why-link = Bunu neden aldım?

test-subject = Deneme
test-text = Bu bir denemedir. Bildirimler bu posta kutusuna ulaşıyor.

confirm-subject = E-posta adresinizi doğrulayın
confirm-request = Bu adresin { $server } üzerindeki bir hesaba eklenmesi istendi.
confirm-if-you = Bu istek size aitse bir saat içinde şu sayfayı açın ve adresi orada doğrulayın:
confirm-if-not = Size ait değilse bir şey yapmanız gerekmez: adres yalnızca siz doğrularsanız eklenir.
