message = { $sender }: { $text }
sent-message = { $sender } bir mesaj gönderdi
sent-picture = { $sender } bir görsel gönderdi
sent-video = { $sender } bir video gönderdi
sent-recording = { $sender } bir ses kaydı gönderdi
sent-file = { $sender } bir dosya gönderdi
sent-location = { $sender } bir konum gönderdi
sent-sticker = { $sender } bir çıkartma gönderdi
sent-encrypted = { $sender } şifreli bir mesaj gönderdi
sent-nothing = { $sender } metin içermeyen bir mesaj gönderdi
invited = { $sender } sizi davet ediyor
invited-to = { $sender } sizi davet ediyor: { $room }
joined = { $sender } katıldı
knocked = { $sender } katılmak istiyor
changed-members = { $sender } odanın üyelerini değiştirdi
voice-call = { $sender } sesli arıyor
video-call = { $sender } görüntülü arıyor
did-something = { $sender } bir uygulamanın gösterebileceği bir şey yaptı

new-notification = Yeni bildirim
unread =
    { $count ->
        [one] { $count } okunmamış
       *[other] { $count } okunmamış
    }

empty-room = Boş oda
room-invite = Oda daveti
name-and-others =
    { $count ->
        [one] { $name } ve { $count } kişi daha
       *[other] { $name } ve { $count } kişi daha
    }
