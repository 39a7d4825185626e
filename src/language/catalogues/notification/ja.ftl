message = { $sender }: { $text }
sent-message = { $sender }さんがメッセージを送信しました
sent-picture = { $sender }さんが画像を送信しました
sent-video = { $sender }さんが動画を送信しました
sent-recording = { $sender }さんが音声を送信しました
sent-file = { $sender }さんがファイルを送信しました
sent-location = { $sender }さんが位置情報を送信しました
sent-sticker = { $sender }さんがステッカーを送信しました
sent-encrypted = { $sender }さんが暗号化されたメッセージを送信しました
sent-nothing = { $sender }さんがテキストのないメッセージを送信しました
invited = { $sender }さんがあなたを招待しました
invited-to = { $sender }さんがあなたを{ $room }に招待しました
joined = { $sender }さんが参加しました
knocked = { $sender }さんが参加をリクエストしています
changed-members = { $sender }さんがルームのメンバーを変更しました
voice-call = { $sender }さんからの音声通話
video-call = { $sender }さんからのビデオ通話
did-something = { $sender }さんからの新しいイベント（アプリで表示できます）

new-notification = 新しい通知
unread = 未読{ $count }件

empty-room = 空のルーム
room-invite = ルームへの招待
name-and-others = { $name }さんとほか{ $count }人
