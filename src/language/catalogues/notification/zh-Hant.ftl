message = { $sender }：{ $text }
sent-message = { $sender }傳送了一則訊息
sent-picture = { $sender }傳送了一張圖片
sent-video = { $sender }傳送了一段影片
sent-recording = { $sender }傳送了一段錄音
sent-file = { $sender }傳送了一個檔案
sent-location = { $sender }傳送了一個位置
sent-sticker = { $sender }傳送了一張貼圖
sent-encrypted = { $sender }傳送了一則加密訊息
sent-nothing = { $sender }傳送了一則沒有文字的訊息
invited = { $sender }邀請了您
invited-to = { $sender }邀請您加入{ $room }
joined = { $sender }已加入
knocked = { $sender }要求加入
changed-members = { $sender }變更了聊天室成員
voice-call = { $sender }的語音通話
video-call = { $sender }的視訊通話
did-something = { $sender }有一則新動態，可在應用程式中查看

new-notification = 新通知
unread = { $count } 則未讀

empty-room = 空的聊天室
room-invite = 聊天室邀請
name-and-others = { $name }和另外 { $count } 人
