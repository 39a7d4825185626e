message = { $sender }：{ $text }
sent-message = { $sender }发送了一条消息
sent-picture = { $sender }发送了一张图片
sent-video = { $sender }发送了一段视频
sent-recording = { $sender }发送了一段录音
sent-file = { $sender }发送了一个文件
sent-location = { $sender }发送了一个位置
sent-sticker = { $sender }发送了一张贴纸
sent-encrypted = { $sender }发送了一条加密消息
sent-nothing = { $sender }发送了一条没有文字的消息
invited = { $sender }邀请了你
invited-to = { $sender }邀请你加入{ $room }
joined = { $sender }已加入
knocked = { $sender }请求加入
changed-members = { $sender }更改了房间成员
voice-call = { $sender }的语音通话
video-call = { $sender }的视频通话
did-something = { $sender }有一个新动态，可在应用中查看

new-notification = 新通知
unread = { $count } 条未读

empty-room = 空房间
room-invite = 房间邀请
name-and-others = { $name }和另外 { $count } 人
