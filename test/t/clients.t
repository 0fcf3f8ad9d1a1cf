# Real WebSocket clients through the helper, in clear and over TLS.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use Protocol::WebSocket::Client;
use Wire;

my $echo    = '/chat';
my $clients = "$FindBin::Bin/clients";
my @messages = ('hello', "gr\xc3\xbc\xc3\x9fe", 'x' x 70_000);

sub output_of {
    my @command = @_;
    open my $pipe, '-|', @command or die "$command[0]: $!";
    local $/;
    my $output = <$pipe> // '';
    close $pipe;
    return $output;
}

for my $host (qw(chat_clear chat_upgrade chat_balancer)) {
    my $url = 'ws://127.0.0.1:' . port_of($host) . $echo;
    my $want = join "\n", @messages, '';

    is output_of('/usr/bin/python3', "$clients/websockets_echo.py", $url, @messages), $want,
        "$host: python3-websockets";
    is output_of('node', "$clients/node/echo.js", $url, @messages), $want, "$host: node's ws";

    my $socket = connect_to(port_of($host));
    my $client = Protocol::WebSocket::Client->new(url => $url);
    my @echoed;
    $client->on(write => sub { my (undef, $bytes) = @_; print $socket $bytes });
    $client->on(connect => sub { $_[0]->write('from perl') });
    $client->on(read => sub { push @echoed, $_[1] });
    $client->on(error => sub { push @echoed, "error: $_[1]" });
    $client->connect;
    while (!@echoed && IO::Select->new($socket)->can_read(Wire::LIMIT)) {
        sysread $socket, my $bytes, 65536 or last;
        $client->read($bytes);
    }
    is_deeply \@echoed, ['from perl'], "$host: Protocol::WebSocket";
}

is output_of('node', "$clients/node/echo.js", 'ws://127.0.0.1:' . port_of('chat_clear') . '/plain', 'x'),
    "status 200\n",
  'a client that asks where there is no WebSocket sees the page\'s status';

done_testing;
