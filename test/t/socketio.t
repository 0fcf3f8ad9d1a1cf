# An application as people have it behind nginx: pages, forms, polling and WebSockets of socket.io
# on one kept path, with the lines that most people copy and with the right ones, in HTTP/1.0 and
# 1.1, with tunnels of threads and of events. The backend checks what arrives.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Open2;
use Front;
use Server;
use Wire;

my $node = "$FindBin::Bin/clients/node";
my $version = 'proxy_http_version 1.1;';
my $upgrade = 'proxy_set_header Upgrade $http_upgrade;';
my $map = 'map $http_upgrade $connection_upgrade { default upgrade; \'\' close; }';
my $always = "$upgrade proxy_set_header Connection \"upgrade\";";
my $mapped = "$upgrade proxy_set_header Connection \$connection_upgrade;";

# [name, around the server, where it proxies, whether a WebSocket can come through]
my @fronts = (
    ['no nginx', undef, undef, 1],
    ['nginx, Connection "upgrade"', '', "$version $always", 1],
    ['nginx, Connection "upgrade" in HTTP/1.0', '', $always, 0],
    ['nginx, map', $map, "$version $mapped", 1],
    ['nginx, map in HTTP/1.0', $map, $mapped, 0],
    ['nginx as it comes', '', '', 0],
);

sub client {
    my (@arguments) = @_;
    open my $pipe, '-|', 'node', "$node/socketio.js", @arguments or die "node: $!";
    my $output = do { local $/; <$pipe> };
    close $pipe;
    return $output =~ s/\n\z//r;
}

sub request {
    my ($port, $line, $body) = @_;
    my $socket = connect_to($port);
    print $socket join "\r\n", "$line HTTP/1.1", 'Host: localhost', 'Content-Length: ' . length $body,
      'Connection: close', '', $body;
    my $answer = answer_from($socket);
    return "$answer->{status} $answer->{body}";
}

for my $carrier (qw(thread event)) {
    my $pid = open2(my $output, my $input, 'node', "$FindBin::Bin/backend/socketio.js");
    chomp(my $backend = <$output> // die 'the socket.io server does not start');
    my $server = Server->new(modules => [qw(authz_core proxy proxy_http)], helper => 1)
      ->configure(<<"CONF")->start;
ProxyPass /app/ http://127.0.0.1:$backend/app/
<Location /app/>
    UpgradeKeep WebSocket
    UpgradeTunnel $carrier
</Location>
CONF
    for my $front (@fronts) {
        my ($name, $http, $lines, $websocket) = @$front;
        my $port = $server->{port};
        $port = nginx($port, http => $http, lines => $lines) if defined $lines;
        my $url = "http://127.0.0.1:$port";
        my $what = "$carrier, $name";
        is request($port, 'GET /app/page', ''), "200 a page\n", "$what: page";
        is request($port, 'POST /app/form', 'x=1'), "200 POST of x=1\n", "$what: form";
        is client($url, 'polling'), 'heard hello by polling', "$what: polling";
        is client($url, 'websocket'),
          $websocket ? 'heard hello by websocket' : 'refused: Unexpected server response: 426',
          "$what: WebSocket";
        is client($url, 'polling,websocket', 'settles'),
          'heard hello by ' . ($websocket ? 'websocket' : 'polling'), "$what: polling, then WebSocket";
    }
    my $seen = json_of($server->ask('GET /app/seen HTTP/1.1'));
    is_deeply $seen->{wrong}, [], "$carrier: what arrived is what should";
    is $seen->{handshakes}, 2 * grep({ $_->[3] } @fronts), "$carrier: so many handshakes";
    cmp_ok $seen->{plain}, '>', 5 * @fronts, "$carrier: and plain requests";
    end_programs();
    $server->stop;
    close $input;
    waitpid $pid, 0;
}

done_testing;
