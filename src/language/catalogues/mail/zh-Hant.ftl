message-from = 來自{ $sender }的訊息
message-from-in = { $sender }在{ $room }傳來訊息
count-in-room = { $room }中有 { $count } 則通知
count-in-rooms = { $rooms } 個聊天室中有 { $count } 則通知
new-notifications = 新通知

more-events = 另有 { $count } 則較早的訊息
more-rooms = 還有 { $rooms } 個聊天室有通知。
wrote = { $sender }：
no-name = （沒有名稱）

about = { $server } 會把您未讀的內容以電子郵件寄給您。
end-below = 若不想再收到，請開啟：
end-link = 不再寄送郵件
devices-link = 裝置設定
why-link = 為什麼我會收到此通知？

test-subject = 測試
test-text = 這是一封測試郵件。通知可以送達此信箱。

confirm-subject = 確認您的電子郵件地址
confirm-request = 有人要求將此地址新增至 { $server } 的帳號。
confirm-if-you = 如果這是您的要求，請在一小時內開啟此頁面並在其中確認：
confirm-if-not = 如果不是，您無須採取任何動作：只有在確認後才會新增此地址。
