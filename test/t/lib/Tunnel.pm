# A tunnel with both ends in the hands of a test: it is the client, and the backend too.
package Tunnel;
use strict;
use warnings;
use parent 'Exporter';

use Digest::SHA      qw(sha1_base64);
use File::Basename   qw(dirname);
use IO::Handle       ();
use IO::Select       ();
use IO::Socket::INET ();
use IO::Socket::SSL  ();
use IO::Socket::UNIX ();
use Socket           qw(AF_UNIX SOCK_STREAM SOL_SOCKET SO_LINGER);
use Test::More       ();
use Wait;
use Wire             ();

our @EXPORT = qw(backend open_tunnel accept_tunnel asking asked head_from switching reset_by frame masked
  close_frame carry receive ended alive logged tunnels_of belongings eventually);

# A listener for backends; its port, or with a path a Unix socket.
sub backend {
    my ($path) = @_;
    return $path ? IO::Socket::UNIX->new(Local => $path, Listen => 128) || die "$path: $!"
      : IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128) || die $!;
}

# (client, backend, the client's answer). Options: path, port, lines, early (sent with the handshake),
# greeting (sent with the 101), tls => {} for the client, backend_tls => {} for the backend, h2 => 1 for a
# client over HTTP/2.
my $opened = 0;

sub open_tunnel {
    my ($server, $listener, %option) = @_;
    $option{key} //= sprintf '%022d==', 4 * $opened++;
    return accept_tunnel(asking($server, $option{path} || '/ws', %option), $listener, %option);
}

# The second half of it: the handshake is under way. Where the client is answered and no backend asked, that
# is (client, undef, answer).
sub accept_tunnel {
    my ($client, $listener, %option) = @_;
    my ($backend, $head, $key);
    do {    # what an earlier request has left in the queue is not this one's
        return ($client, undef, head_from($client)) if _is_refused($client, $listener);
        ($backend, $head) = _asked($listener, %{ $option{backend_tls} || {} });
        ($key) = $head =~ /^Sec-WebSocket-Key: (\S+)\r$/mi;
    } while ${*$client}{key} && $key ne ${*$client}{key};
    syswrite $backend, switching($key) . ($option{greeting} // '');
    my $answer = head_from($client);
    $answer =~ /\r\n\r\n\z/ or die "the answer ends early: $answer";
    return ($client, $backend, $answer);
}

# Whether an answer is there before a backend has been asked. With TLS what is there may be a ticket.
sub _is_refused {
    my ($client, $listener) = @_;
    return 0 if $client->isa('IO::Socket::SSL');
    IO::Select->new($client, $listener)->can_read(Wire::LIMIT);
    return !IO::Select->new($listener)->can_read(0) && IO::Select->new($client)->can_read(0);
}

# A client that asks for a tunnel. Options as above, and its key.
sub asking {
    my ($server, $path, %option) = @_;
    return _http2_client($server->{port}, $path) if $option{h2};
    my $client = Wire::connect_to($option{port} || $server->{port}, %{ $option{tls} || {} });
    my $key = ${*$client}{key} = $option{key} // Wire::WS_KEY;
    my @handshake = map { s/^(Sec-WebSocket-Key: ).*/$1$key/r } Wire::handshake();
    print $client join("\r\n", "GET $path HTTP/1.1", 'Host: localhost', @handshake,
        @{ $option{lines} || [] }, '', '') . ($option{early} // '');
    $client->flush;
    return $client;
}

# The backend's end, once it has been asked. Options: of TLS
sub asked { return (_asked(@_))[0] }

sub _asked {
    my ($listener, %tls) = @_;
    IO::Select->new($listener)->can_read(Wire::LIMIT) or die 'no handshake arrives';
    my $backend = $listener->accept or die $!;
    if (%tls) {
        my %option = Wire::tls_of(SSL_server => 1, %tls);
        IO::Socket::SSL->start_SSL($backend, %option) or die $IO::Socket::SSL::SSL_ERROR;
    }
    my $head = head_from($backend);
    $head =~ /\r\n\r\n\z/ or die "the handshake ends early: $head";
    return ($backend, $head);
}

# A head, or what there is of it before the end. Byte by byte: nothing of what follows is to be in a buffer.
sub head_from {
    my ($socket) = @_;
    my $head = '';
    local $SIG{ALRM} = sub { die 'no head within ' . Wire::LIMIT . " seconds: $head\n" };
    alarm Wire::LIMIT;
    while ($head !~ /\r\n\r\n\z/) {
        sysread $socket, $head, 1, length $head or last;
    }
    alarm 0;
    return $head;
}

# What a backend answers to a handshake with this key
sub switching {
    my ($key) = @_;
    my $accept = sha1_base64(($key // Wire::WS_KEY) . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=';
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      . "Sec-WebSocket-Accept: $accept\r\nX-Of: the backend\r\n\r\n";
}

# One end of a pair of sockets; at the other one is a process that speaks HTTP/2 for it.
sub _http2_client {
    my ($port, $path) = @_;
    socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, 0 or die $!;
    my $pid = fork // die $!;
    if (!$pid) {
        open STDIN, '<&', $there or die $!;
        close $_ for $here, $there;
        exec '/usr/bin/python3', dirname(__FILE__) . '/../clients/http2_tunnel.py', '--port', $port, '--path',
            $path;
    }
    close $there;
    bless $here, 'IO::Handle';
    ${*$here}{speaker} = $pid;
    return $here;
}

# Breaks the connection: it ends in a reset, or with the process that has it.
sub reset_by {
    my ($socket) = @_;
    my $speaker = ${*$socket}{speaker};
    kill KILL => $speaker if $speaker;
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) unless $speaker;
    close $socket;
    return;
}

sub _length {
    my ($n, $mask) = @_;
    return $n < 126 ? chr($n | $mask) : $n < 65536 ? pack 'Cn', 126 | $mask, $n : pack 'CQ>', 127 | $mask, $n;
}

# A binary frame as a server sends it, and as a client does.
sub frame { return "\x82" . _length(length $_[0], 0) . $_[0] }
sub masked { return "\x82" . _length(length $_[0], 0x80) . "\0\0\0\0" . $_[0] }

# A Close frame with this code and more payload: of a server, or with a key of a client. Without a code: the
# payload.
sub close_frame {
    my ($code, $payload, $key) = @_;
    $payload = (defined $code ? pack 'n', $code : '') . ($payload // '');
    return "\x88" . _length(length $payload, 0) . $payload unless $key;
    return "\x88" . _length(length $payload, 0x80) . $key
        . ($payload ^ substr $key x length $payload, 0, length $payload);
}

# So many bytes, or as many as come before the end.
sub receive {
    my ($socket, $want) = @_;
    my $bytes = '';
    local $SIG{ALRM} = sub { die 'only ' . length($bytes) . " of $want bytes within " . Wire::LIMIT
        . " seconds\n" };
    alarm Wire::LIMIT;
    while (length $bytes < $want) {
        my $n = sysread $socket, $bytes, $want - length $bytes, length $bytes;
        last unless $n;
    }
    alarm 0;
    return $bytes;
}

# Sends the bytes on one side and returns what arrives on the other, as much of it. One process does both: the
# state of TLS cannot be shared with another. Until $read says so nothing is read; it is asked when nothing
# more can be sent.
sub carry {
    my ($from, $to, $bytes, $read) = @_;
    my ($sent, $got) = (0, '');
    $_->blocking(0) for $from, $to;
    my $deadline = time + Wire::LIMIT;
    while (length $got < length $bytes && time < $deadline) {
        my $wrote = $sent < length $bytes ? syswrite $from, $bytes, 1 << 16, $sent : undef;
        $sent += $wrote // 0;
        my $took = !$read && sysread $to, $got, 1 << 18, length $got;
        last if defined $took && $took eq '0';
        next if $wrote || $took;
        $read = undef if $read && $read->();
        select undef, undef, undef, 0.001;
    }
    $_->blocking(1) for $from, $to;
    return $got;
}

# Whether the other side has ended the connection, without another byte.
sub ended {
    my ($socket) = @_;
    return receive($socket, 1) eq '';
}

# Whether a message goes through each way.
sub alive {
    my ($client, $backend, $what) = @_;
    syswrite $client, masked('up');
    my $up = receive($backend, 8);
    syswrite $backend, frame('down');
    return Test::More::ok($up eq masked('up') && receive($client, 6) eq frame('down'), $what);
}

# The lines of tunnels in the access log: all that there are, or as many as are waited for.
sub logged {
    my ($server, $number) = @_;
    my @lines;
    eventually(sub {
        open my $file, '<', "$server->{folder}/access_log" or return !$number;
        @lines = grep { /^101 / } <$file>;
        return @lines >= ($number || 0);
    });
    return @lines;
}

# What the server's children have: (descriptors, private memory in KB)
sub belongings {
    my ($server) = @_;
    my ($files, $memory) = (0, 0);
    for my $folder (map { "/proc/$_" } $server->children) {
        $files += () = glob "$folder/fd/*";
        open my $rollup, '<', "$folder/smaps_rollup" or next;
        $memory += $1 for join('', <$rollup>) =~ /^Private_Dirty:\s+(\d+)/mg;
    }
    return ($files, $memory);
}

# What the counters say of tunnels: { open, leaving (of these), opened, ended => sum, full, bytes_sent,
# closed, ... }.
# In every such report the books have to close.
sub tunnels_of {
    my ($server) = @_;
    my $tunnels = Wire::json_of($server->ask('GET /status?format=json HTTP/1.1'))->{tunnels};
    my ($opened, $ended) = map { my $sum = 0; $sum += $_ for values %{ $tunnels->{$_} };
        $sum } qw(opened ended);
    my $open = $tunnels->{open}{current} + $tunnels->{open}{leaving};
    die "the books do not close: $opened opened, $ended ended, $open open" if $opened != $ended + $open;
    return { open => $open, leaving => $tunnels->{open}{leaving}, opened => $opened, all_ended => $ended,
        children => $tunnels->{children}, by => $tunnels->{opened}, %{ $tunnels->{ended} },
            %{ $tunnels->{refused} },
        map { ("bytes_$_" => $tunnels->{bytes}{$_}) } keys %{ $tunnels->{bytes} } };
}

1;
