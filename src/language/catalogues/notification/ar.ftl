message = { $sender }: { $text }
sent-message = رسالة من { $sender }
sent-picture = صورة من { $sender }
sent-video = فيديو من { $sender }
sent-recording = تسجيل من { $sender }
sent-file = ملف من { $sender }
sent-location = موقع من { $sender }
sent-sticker = ملصق من { $sender }
sent-encrypted = رسالة معمّاة من { $sender }
sent-nothing = رسالة بلا نص من { $sender }
invited = دعوة من { $sender }
invited-to = دعوة من { $sender } إلى { $room }
joined = انضمام { $sender } إلى الغرفة
knocked = طلب انضمام من { $sender }
changed-members = تغيير في أعضاء الغرفة من { $sender }
voice-call = مكالمة صوتية من { $sender }
video-call = مكالمة فيديو من { $sender }
did-something = حدث جديد من { $sender } يمكن لتطبيق عرضه

new-notification = إشعار جديد
unread =
    { $count ->
        [zero] لا شيء غير مقروء
        [one] { $count } غير مقروء
        [two] { $count } غير مقروءين
        [few] { $count } غير مقروءة
        [many] { $count } غير مقروءة
       *[other] { $count } غير مقروءة
    }

empty-room = غرفة فارغة
room-invite = دعوة إلى غرفة
name-and-others =
    { $count ->
        [zero] { $name } فقط
        [one] { $name } وشخص آخر
        [two] { $name } وشخصان آخران
        [few] { $name } و{ $count } أشخاص آخرين
        [many] { $name } و{ $count } شخصًا آخر
       *[other] { $name } و{ $count } شخص آخر
    }
