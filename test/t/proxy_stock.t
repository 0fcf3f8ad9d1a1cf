# A route that is not named is stock httpd's, also on a worker that it shares with one that is: what the
# client gets, and what the backend.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Raw;
use Server;
use Wire;

my $raw    = Apache::Test::vars('raw_port');
my $routes = <<"END";
ProxyPass /kept/ http://127.0.0.1:$raw/a/
ProxyPass /http/ http://127.0.0.1:$raw/a/
ProxyPass /up/ http://127.0.0.1:$raw/b/ upgrade=websocket
ProxyPass /any/ http://127.0.0.1:$raw/c/ upgrade=ANY
ProxyPass /ws/ ws://127.0.0.1:$raw/d/
END
my $kept = <<'END';
<Location /kept/>
UpgradeKeep WebSocket
</Location>
END
my @modules = qw(authz_core proxy proxy_http proxy_wstunnel);
my $helped  = Server->new(modules => \@modules, helper => 1)->configure($routes . $kept)->start;
my $stock   = Server->new(modules => \@modules, policy => 0)->configure($routes)->start;

my @key  = ('Sec-WebSocket-Key: ' . WS_KEY);
my @asks = ('Upgrade: websocket', 'Connection: Upgrade');

# [name, method, lines]
my @requests = (
    ['plain',     'GET',  []],
    ['handshake', 'GET',  [handshake]],
    ['POST',      'POST', ['Content-Length: 0']],
    ['h2c',       'GET',  ['Upgrade: h2c', 'Connection: Upgrade']],
    ['no key',    'GET',  [@asks]],
    ['list',      'GET',  ['Upgrade: h2c, websocket', 'Connection: Upgrade', @key]],
);

sub send_to {
    my ($server, $method, $path, @lines) = @_;
    my $socket = connect_to($server->{port});
    print $socket join "\r\n", "$method $path HTTP/1.1", 'Host: localhost', @lines, '', '';
    return answer_from($socket);
}

# All that client and backend get, but for what must differ between two servers
sub exchange {
    my ($server, $method, $path, @lines) = @_;
    my $mark   = mark();
    my $answer = send_to($server, $method, "$path?$mark", @lines);
    my @fields = map { "$_->[0]: $_->[1]" } grep { $_->[0] ne 'Date' } @{ $answer->{fields} };
    my @sent   = grep { /\Q$mark/ } map { @{ $_->{requests} } } seen($mark);
    my $text   = join "\n", @$answer{qw(status body)}, @fields, @sent;
    return $text =~ s/\Q$mark//gr =~ s/localhost:\Q$server->{port}/localhost/gr;
}

for my $route (qw(http up any ws)) {
    for my $answer (qw(good bare wrong-accept list 200 302 401 426 426-list 503 closes)) {
        for my $request (@requests) {
            my ($name, $method, $lines) = @$request;
            # So that a kept handshake has left what it would leave
            is send_to($helped, 'GET', '/kept/good', handshake)->{status}, 101, 'kept beside it';
            my ($ours, $theirs) = map { exchange($_, $method, "/$route/$answer", @$lines) } $helped, $stock;
            is $ours, $theirs, "$route, $answer, $name: as stock httpd";
        }
    }
}
$_->stop for $helped, $stock;

done_testing;
