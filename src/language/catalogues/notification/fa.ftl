message = { $sender }: { $text }
sent-message = { $sender } پیامی فرستاد
sent-picture = { $sender } تصویری فرستاد
sent-video = { $sender } ویدیویی فرستاد
sent-recording = { $sender } صدای ضبط‌شده‌ای فرستاد
sent-file = { $sender } پرونده‌ای فرستاد
sent-location = { $sender } مکانی فرستاد
sent-sticker = { $sender } برچسبی فرستاد
sent-encrypted = { $sender } پیامی رمزنگاری‌شده فرستاد
sent-nothing = { $sender } پیامی بدون متن فرستاد
invited = { $sender } شما را دعوت می‌کند
invited-to = { $sender } شما را به { $room } دعوت می‌کند
joined = { $sender } پیوست
knocked = { $sender } درخواست پیوستن دارد
changed-members = { $sender } اعضای اتاق را تغییر داد
voice-call = تماس صوتی از { $sender }
video-call = تماس تصویری از { $sender }
did-something = { $sender } کاری کرد که برنامه می‌تواند نشان دهد

new-notification = اعلان تازه
unread =
    { $count ->
        [one] { $count } خوانده‌نشده
       *[other] { $count } خوانده‌نشده
    }

empty-room = اتاق خالی
room-invite = دعوت به اتاق
name-and-others =
    { $count ->
        [one] { $name } و { $count } نفر دیگر
       *[other] { $name } و { $count } نفر دیگر
    }
