# Requests as bytes, answers as facts. Nothing between the test and the wire corrects
# a malformed request or hides a field.
package Wire;
use strict;
use warnings;
use parent 'Exporter';

use Apache::Test    ();
use File::Basename  qw(dirname);
use IO::Socket::INET ();
use IO::Socket::SSL ();
use JSON::PP        ();
use Wait;

our @EXPORT = qw(port_of connect_to ask answer_from get field fields json_of h2 log_line
  WS_KEY handshake);

use constant WS_KEY => 'dGhlIHNhbXBsZSBub25jZQ==';

use constant LIMIT => Wait::LIMIT;

sub port_of {
    my ($vhost) = @_;
    return $vhost if ($vhost // '') =~ /^\d+$/;    # of a Server
    my $config = Apache::Test::config();
    return $config->{vars}{port} unless $vhost;
    return ($config->{vhosts}{$vhost} or die "no virtual host $vhost")->{port};
}

# Options of TLS, with a context that is made once for all connections that have the same: to make one costs
# more than a handshake.
my %contexts;

sub tls_of {
    my (%tls) = @_;
    return %tls if grep { ref } values %tls;
    my $key = join ' ', map { "$_=$tls{$_}" } sort keys %tls;
    $contexts{$key} ||= IO::Socket::SSL::SSL_Context->new(%tls) || die $IO::Socket::SSL::SSL_ERROR;
    return (%tls, SSL_reuse_ctx => $contexts{$key});
}

sub connect_to {
    my ($port, %tls) = @_;
    my @address = (PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => LIMIT);
    my $socket = %tls
      ? IO::Socket::SSL->new(@address, tls_of(SSL_verify_mode => 0, %tls))
      : IO::Socket::INET->new(@address);
    return $socket || die "cannot connect to $port: $! $IO::Socket::SSL::SSL_ERROR";
}

# One answer off the socket. Without a Content-Length the body reaches to the end of the
# connection. $bodiless: the answer to a HEAD. Early hints are passed over.
sub answer_from {
    my ($socket, $bodiless) = @_;
    my %answer = (status => 0, fields => [], body => '', raw => '');
    local $SIG{ALRM} = sub { die "no answer within " . LIMIT . " seconds\n" };
    alarm LIMIT;
    my $line = <$socket>;
    if (defined $line && $line =~ m{^HTTP/[\d.]+ (\d+) ?(.*?)\r\n}) {
        @answer{qw(status phrase)} = ($1, $2);
        while (defined($line = <$socket>) && $line ne "\r\n") {
            push @{ $answer{fields} }, [$1, $2] if $line =~ /^([^:]+):\s*(.*?)\r\n/;
        }
        if ($answer{status} == 103) {
            alarm 0;
            return answer_from($socket, $bodiless);
        }
        my $length = field(\%answer, 'Content-Length');
        my $coding = field(\%answer, 'Transfer-Encoding') // '';
        if ($bodiless || $answer{status} == 304 || $answer{status} < 200) { }
        elsif ($coding eq 'chunked') { $answer{body} = _dechunk($socket) }
        elsif (defined $length) { read $socket, $answer{body}, $length }
        else { local $/; $answer{body} = <$socket> // '' }
    }
    elsif (defined $line) {    # HTTP/0.9: all of it is body
        local $/;
        $answer{body} = $line . (<$socket> // '');
    }
    alarm 0;
    return \%answer;
}

sub _dechunk {
    my ($socket) = @_;
    my $body = '';
    while (defined(my $line = <$socket>)) {
        my $size = $line =~ /^([0-9a-fA-F]+)/ ? hex $1 : die "no chunk size: $line";
        read $socket, (my $chunk), $size;
        $body .= $chunk;
        <$socket>;
        last unless $size;
    }
    return $body;
}

# Whether the server has closed the connection once it has said all it wants to say.
sub _closed {
    my ($socket) = @_;
    local $SIG{ALRM} = sub { die "neither closed nor open after " . LIMIT . " seconds\n" };
    alarm LIMIT;
    my $left = do { local $/; <$socket> };
    alarm 0;
    return !defined $left || $left eq '';
}

# Sends the bytes, reads one answer, and with close => 1 waits for the end of the
# connection: $answer->{closed}.
sub ask {
    my ($vhost, $bytes, %option) = @_;
    my $socket = connect_to(port_of($vhost), %{ $option{tls} || {} });
    local $SIG{PIPE} = 'IGNORE';
    print $socket $bytes;
    $socket->flush if $socket->can('flush');
    my $answer = answer_from($socket, scalar $bytes =~ /^HEAD /);
    $answer->{closed} = _closed($socket) if $option{close};
    close $socket;
    return $answer;
}

# A GET over HTTP/1.1 with a Host; more field lines as a list of strings.
sub get {
    my ($vhost, $path, @lines) = @_;
    return ask($vhost, join "\r\n", "GET $path HTTP/1.1", 'Host: localhost', @lines, '', '');
}

sub handshake {
    return ('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: ' . WS_KEY);
}

sub fields {
    my ($answer, $name) = @_;
    return map { $_->[1] } grep { lc $_->[0] eq lc $name } @{ $answer->{fields} };
}

# The only value of a field, undef when there is none.
sub field {
    my ($answer, $name) = @_;
    my @values = fields($answer, $name);
    die "field $name stands " . @values . " times" if @values > 1;
    return $values[0];
}

sub json_of {
    my ($answer) = @_;
    return eval { JSON::PP->new->utf8->decode($answer->{body}) } || { error => "$@" };
}

# One HTTP/2 request by python3-h2: { status, fields, body, reset }. tls => 1 for TLS,
# otherwise prior knowledge; connect => 1 for an extended CONNECT; body => a string, whose
# length is what counts, for a POST.
sub h2 {
    my ($vhost, $path, %option) = @_;
    my @command = ('/usr/bin/python3', dirname(__FILE__) . '/../clients/http2_request.py',
        '--port', port_of($vhost), '--path', $path);
    push @command, '--tls' if $option{tls};
    push @command, '--connect' if $option{connect};
    push @command, '--method', 'POST', '--body', length $option{body} if defined $option{body};
    push @command, map { ('--field', $_) } @{ $option{fields} || [] };
    open my $pipe, '-|', @command or die "python3: $!";
    my $output = do { local $/; <$pipe> };
    close $pipe or die "h2 client failed: $output";
    return JSON::PP->new->utf8->decode($output);
}

# The line of a log that matches, once httpd has written it: that happens after the
# answer has been read here, so wait for it, up to the limit.
sub log_line {
    my ($log, $pattern) = @_;
    my $file = Apache::Test::vars('t_logs') . "/$log";
    my $found;
    eventually(sub {
        open my $handle, '<', $file or return;
        ($found) = grep { $_ =~ $pattern } <$handle>;
        return defined $found;
    });
    return $found;
}

1;
