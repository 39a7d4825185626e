message-from = 来自{ $sender }的消息
message-from-in = { $sender }在{ $room }发来消息
count-in-room = { $room }中有 { $count } 条通知
count-in-rooms = { $rooms } 个房间中有 { $count } 条通知
new-notifications = 新通知

more-events = 另有 { $count } 条更早的消息
more-rooms = 还有 { $rooms } 个房间有通知。
wrote = { $sender }：
no-name = （无名称）

about = { $server } 会把你未读的内容通过邮件发给你。
end-below = 如不想再收到，请打开：
end-link = 不再发送邮件
devices-link = 设备设置
why-link = 为什么我会收到此通知？

test-subject = 测试
test-text = 这是一封测试邮件。通知可以送达此邮箱。

confirm-subject = 确认你的邮箱地址
confirm-request = 有人请求将此地址添加到 { $server } 的一个帐户。
confirm-if-you = 如果这是你的请求，请在一小时内打开此页面并在其中确认：
confirm-if-not = 如果不是，无需任何操作：只有确认后才会添加此地址。
