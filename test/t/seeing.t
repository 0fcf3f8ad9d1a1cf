# What the helper's debug lines say: why no event tunnel carries a WebSocket, what a backend's answer was
# taken for, how a tunnel went. At the level above none of them is written.
use strict;
use warnings;
use Test::More;
use Fcntl    qw(O_RDWR O_NONBLOCK);
use POSIX    qw(mkfifo);
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use Lacks;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;
my $nobody = do { my $socket = backend(); $socket->sockport };    # where nobody listens any more

my @levels = (
    ['info upgrade_wstunnel:debug', 1],
    ['info', 0],
);
my $size = <<'END';
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers 4
ServerLimit 4
AsyncRequestWorkerFactor 20
<Location /status>
SetHandler upgrade-status
</Location>
END
my $kept = <<"END";
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
END

# Each line once, and whole: what follows is the business of the format.
sub lines_of {
    my ($server, $tag) = @_;
    my @lines = $server->log =~ /^.*\b($tag: .*)$/mg;
    return @lines;
}

sub close_all { close $_ for @_[0, 1]; return }

# ---- why no event tunnel

my %sentence = do {
    open my $file, '<', "$ENV{UPGRADE_TEST_TOP}/mod_upgrade_required/wstunnel/tunnel/no_event.def" or die $!;
    local $/;
    <$file> =~ /^UR_NO_EVENT_ROW\((\w+),\s*"([^"]*)"\)$/mg;
};
cmp_ok scalar keys %sentence, '>', 1, 'the table of causes has rows';

# Servers: name => what it is configured with, and how it is started
my @proxy = qw(authz_core alias dir proxy proxy_http);
my %server = (
    event => {
        modules => [@proxy, qw(rewrite http2 proxy_ajp slotmem_shm proxy_balancer lbmethod_byrequests)],
        text => <<"END",
$size
ProxyPass /other http://127.0.0.1:$port/other upgrade=tcp
$kept
ProxyPass /thread http://127.0.0.1:$port/thread
ProxyPass /remote http://remote.test/
ProxyRemote http://remote.test http://127.0.0.1:$port
ProxyPass /ajp balancer://ajp
<Proxy balancer://ajp>
BalancerMember ajp://127.0.0.1:$nobody
</Proxy>
<LocationMatch ^/(remote|ajp|other)>
UpgradeKeep WebSocket
UpgradeTunnel event
</LocationMatch>
<Location /thread>
UpgradeKeep WebSocket
</Location>
ProxyRequests On
<Proxy http://127.0.0.1:$port/forward>
UpgradeKeep WebSocket
UpgradeTunnel event
</Proxy>
Protocols h2c http/1.1
H2WebSockets on
END
        prepare => \&add_internal,
    },
    small   => { modules => \@proxy, text => "$size${kept}UpgradeTunnelMax 1\n" },
    filter  => {
        modules => \@proxy,
        text    => "$size${kept}LoadModule upgrade_clogging_module " . Server::fault('clogging') . "\n",
    },
    threads => { modules => \@proxy, text => "$size$kept", environment => \&failing_threads },
    leaving => { modules => \@proxy, text => "$size$kept", environment => \&uncounted },
    worker  => { modules => \@proxy, text => "$size$kept" =~ s/^Async.*$//mr, mpm => 'worker' },
    no_http => {
        modules => [qw(authz_core alias dir proxy proxy_wstunnel)],
        text    => "$size$kept" =~ s/http:/ws:/r,
    },
);

# A folder whose requests are redirected internally
sub add_internal {
    my ($server) = @_;
    my $folder = "$server->{folder}/internal";
    mkdir $folder or die $!;
    return <<"END";
Alias /internal $folder
<Directory $folder>
RewriteEngine on
RewriteRule ^ /ws
</Directory>
END
}

sub failing_threads {
    my ($server) = @_;
    return (UPGRADE_PRELOAD => Server::fault('refuse'), UPGRADE_FAULT_CALL => 'pthread_create',
        UPGRADE_FAULT_SWITCH => "$server->{folder}/fault");
}

sub uncounted {
    my ($server) = @_;
    my $switch = "$server->{folder}/fault";
    open my $held, '>', "$switch.held" or die $!;
    chmod 0666, "$switch.held";
    return (UPGRADE_PRELOAD => Server::fault('uncounted'), UPGRADE_FAULT_SWITCH => $switch);
}

sub sockets_of {
    my ($pid) = @_;
    return map { my $to = readlink; ($to // '') =~ /^socket/ ? $to : () } glob "/proc/$pid/fd/*";
}

sub child_of {
    my ($pid) = @_;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $stat, '<', $file or next;
        return $1 if (<$stat> // '') =~ /^(\d+) \(.*\) [^Z] (\d+)/ && $2 == $pid;
    }
    die 'there is no child';
}

sub put { my ($path) = @_; open my $file, '>', $path or die "$path: $!"; chmod 0644, $path; return }

sub start {
    my ($name, $level) = @_;
    my %of = %{ $server{$name} };
    my $server = Server->new(modules => $of{modules}, helper => 1, $of{mpm} ? (mpm => $of{mpm}) : ());
    my $more = $of{prepare} ? $of{prepare}->($server) : '';
    $server->configure("$of{text}${more}LogLevel $level\n");
    my %environment = $of{environment} ? $of{environment}->($server) : ();
    local @ENV{keys %environment} = values %environment;
    return $server->start;
}

sub tunnel {
    my ($path, %option) = @_;
    return sub {
        my ($client, $backend) = open_tunnel($_[0], $listener, path => $path, %option);
        reset_by($client);
        close $backend;
    };
}

# A request that asks for another protocol; the backend says no.
sub other {
    my ($server) = @_;
    my $client = connect_to($server->{port});
    print $client join "\r\n", 'GET /other HTTP/1.1', 'Host: localhost', 'Connection: Upgrade',
      'Upgrade: tcp', '', '';
    close_all($client, asked($listener));
    return;
}

# The first one has the only place.
sub beyond {
    my ($server) = @_;
    my @first = open_tunnel($server, $listener);
    close_all(open_tunnel($server, $listener));
    close_all(@first);
    return;
}

sub without_threads {
    my ($server) = @_;
    put("$server->{folder}/fault");
    close_all(open_tunnel($server, $listener));
    unlink "$server->{folder}/fault";
    return;
}

# A worker has taken the connection, and then its child begins to leave.
sub in_leaving_child {
    my ($server) = @_;
    my $switch = "$server->{folder}/fault";
    my $child  = child_of($server->pid);
    my %listening = map { $_ => 1 } sockets_of($server->pid);
    put($switch);
    my $client = asking($server, '/ws');
    eventually(sub { -s "$switch.held" }) or die 'no worker takes the connection';
    kill USR1 => $server->pid;
    eventually(sub { !grep { $listening{$_} } sockets_of($child) }) or die 'its child does not leave';
    unlink $switch;
    close_all(accept_tunnel($client, $listener));
    return;
}

sub unproxied {
    my ($server) = @_;
    my $answer = $server->ask('GET /ajp HTTP/1.1', handshake);
    $answer->{status} == 503 or die "ajp: $answer->{status}";
    return;
}

my %case = (
    ROUTE    => ['event', tunnel('/thread')],
    STREAM   => ['event', tunnel('/ws', h2 => 1)],
    INTERNAL => ['event', tunnel('/internal/x')],
    FORWARD  => ['event', tunnel("http://127.0.0.1:$port/forward")],
    REMOTE   => ['event', tunnel('/remote')],
    PROTOCOL => ['event', \&other],
    SCHEME   => ['event', \&unproxied],
    FULL     => ['small', \&beyond],
    FILTER   => ['filter', tunnel('/ws')],
    THREADS  => ['threads', \&without_threads],
    LEAVING  => ['leaving', \&in_leaving_child],
    MPM      => ['worker', tunnel('/ws')],
    NO_HTTP  => ['no_http', tunnel('/ws')],
);
is_deeply [sort keys %case], [sort keys %sentence], 'each cause has a case';

for my $level (@levels) {
    my ($words, $shown) = @$level;
    for my $name (sort keys %server) {
        my $server = start($name, $words);
        for my $cause (sort grep { $case{$_}[0] eq $name } keys %case) {
          SKIP: {
                skip_without('h2-websockets', 1) if $cause eq 'STREAM';
                my $before = () = lines_of($server, 'UR0027');
                $case{$cause}[1]->($server);
                my @lines = lines_of($server, 'UR0027');
                my @want = $shown ? "UR0027: no event tunnel: $sentence{$cause}" : ();
                is_deeply [@lines[$before .. $#lines]], \@want, "$words, $cause";
            }
        }
        $server->stop;
    }
}

# ---- how a tunnel went

# One side goes, and the other one stays until it has noticed.
sub goes { my ($gone, $stays) = @_; close $gone; ended($stays); close $stays; return }

# Sends these bytes, and waits until they have arrived.
sub says { my ($from, $to, $bytes) = @_; syswrite $from, $bytes; receive($to, length $bytes); return }

# name => what happens after the opening, and what the line says of it
my $said = masked('up');
my $told = frame('down' x 100);
my %end = (
    'the client closes' => {
        happens => sub { my ($c, $b) = @_; says($c, $b, close_frame(1000, '', 'abcd')); goes($b, $c) },
        outcome => 'closed', closer => 'client', code => 1000, ender => 'backend', bytes => [8, 0],
    },
    'the backend closes' => {
        happens => sub { my ($c, $b) = @_; says($b, $c, close_frame(4321)); goes($c, $b) },
        outcome => 'closed', closer => 'backend', code => 4321, ender => 'client', bytes => [0, 4],
    },
    'a Close without a code' => {
        happens => sub { my ($c, $b) = @_; says($b, $c, close_frame()); goes($c, $b) },
        outcome => 'closed', closer => 'backend', code => 1005, ender => 'client', bytes => [0, 2],
    },
    'the client goes' => {
        happens => sub { my ($c, $b) = @_; says($c, $b, $said); goes($c, $b) },
        outcome => 'client', ender => 'client', bytes => [length $said, 0],
    },
    'the backend goes' => {
        happens => sub { my ($c, $b) = @_; says($b, $c, $told); goes($b, $c) },
        outcome => 'backend', ender => 'backend', bytes => [0, length $told],
    },
    'silence' => {
        happens => sub { my ($c, $b) = @_; ended($c); close_all($c, $b) },
        outcome => 'timeout', bytes => [0, 0],
    },
);

sub end_line {
    my ($carrier, %end) = @_;
    my ($closer, $ender) = map { $_ // 'neither' } @end{qw(closer ender)};
    my $code = $end{code} // 0;
    return "UR0030: tunnel ended: $end{outcome} after N seconds, carried by $carrier, "
      . "Close first from $closer, code $code, connection ended first by $ender, "
      . "$end{bytes}[0] bytes from the client, $end{bytes}[1] bytes from the backend";
}

# The lines of one tunnel, whose duration is any.
sub story {
    my ($server, $before) = @_;
    my @lines = grep { !/UR0027/ } lines_of($server, 'UR00\d\d');
    return [map { s/after \d+\.\d{3} seconds/after N seconds/r } @lines[$before .. $#lines]];
}

# What is the client's own: nothing of it stands in a line.
my @secret = map { "$_: SECRET" } qw(X-Secret Cookie Sec-WebSocket-Protocol User-Agent);

for my $level (@levels) {
    my ($words, $shown) = @$level;
    my $server = Server->new(modules => \@proxy, helper => 1)->configure(<<"END")->start;
$size
ProxyPass /event http://127.0.0.1:$port/e timeout=2
ProxyPass /thread http://127.0.0.1:$port/t timeout=2
<LocationMatch ^/(event|thread)>
UpgradeKeep WebSocket
</LocationMatch>
<Location /event>
UpgradeTunnel event
</Location>
Timeout 1
LogLevel $words
END
    my $sum = 0;
    for my $carrier (qw(event thread)) {
        for my $name (sort keys %end) {
            my %of = %{ $end{$name} };
            my $before = @{ story($server, 0) };
            my @tunnel = open_tunnel($server, $listener, path => "/$carrier/SECRET", lines => \@secret);
            my @want = ('UR0028: the backend answers the handshake with 101: a valid switch',
                "UR0029: tunnel opened: carried by $carrier, idle timeout 2 seconds");
            is_deeply story($server, $before), [$shown ? @want : ()], "$words, $carrier, $name: it opens";
            $of{happens}->(@tunnel[0, 1]);
            $sum++;
            eventually(sub { tunnels_of($server)->{all_ended} == $sum }) or die 'it does not end';
            push @want, end_line($carrier, %of);
            $shown and eventually(sub { @{ story($server, $before) } == @want });
            is_deeply story($server, $before), [$shown ? @want : ()], "$words, $carrier, $name: it ends";
        }
    }
    $server->stop->finish;
    is scalar(() = lines_of($server, 'UR0030')), $shown * $sum, "$words: one line for each end";
    unlike join("\n", lines_of($server, 'UR00..')), qr/SECRET/, "$words: nothing of a request is in a line";
}

# ---- an error log that is stuck holds up no tunnel: a poller does not wait for it

use constant F_SETPIPE_SZ => 1031;

sub fill { my ($pipe) = @_; 1 while syswrite $pipe, "filled\n" x 100; 1 while syswrite $pipe, "\n"; return }

{
    my $server = Server->new(modules => \@proxy, helper => 1);
    my $pipe_name = "$server->{folder}/pipe";
    mkfifo($pipe_name, 0600) or die $!;
    sysopen my $pipe, $pipe_name, O_RDWR | O_NONBLOCK or die $!;
    fcntl $pipe, F_SETPIPE_SZ, 4096 or die $!;
    my $stuck = free_port();
    $server->configure(<<"END")->start;
$size$kept
Listen 127.0.0.1:$stuck
<VirtualHost 127.0.0.1:$stuck>
ErrorLog $pipe_name
LogLevel upgrade_wstunnel:debug
</VirtualHost>
END
    my @tunnels = map { [open_tunnel($server, $listener, port => $stuck)] } 1 .. 3;
    fill($pipe);
    my $waits = !eval {
        for my $tunnel (@tunnels) {
            my ($client, $backend) = @$tunnel;
            alive($client, $backend, 'an error log that is stuck: a tunnel goes on');
            close $client;
            ok ended($backend), 'and ends';
            close $backend;
        }
        1;
    };
    ok !$waits, 'nothing waits for the log' or diag $@;
    my ($said, $part) = ('', '');
    ok eventually(sub {
        $said .= $part while sysread $pipe, $part, 4096;
        return 3 == (() = $said =~ /UR0030: tunnel ended: client/g);
    }), 'the ends are logged once it takes lines again';
    $server->stop;
}

# ---- what the backend answers, or does not: with the LogLevel of the section alone

my $answers = 'UR0028: the backend answers the handshake with';
my $page = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
my $hint = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";

# name, what the backend sends, the status that the client gets, the lines
my @answers = (
    ['a page', $page, 200, "$answers 200: not a switch; the client gets this response"],
    ['a refusal', $page =~ s/200 OK/404 No/r, 404,
        "$answers 404: not a switch; the client gets this response"],
    ['a hint and a page', $hint . $page, 200, "$answers 103: an interim response, another one follows",
        "$answers 200: not a switch; the client gets this response"],
    ['another Accept', switching('another'), 502,
        "UR0007: the backend's response to a WebSocket handshake is not a valid 101: "
          . 'Sec-WebSocket-Accept does not match the key; no tunnel is opened'],
    ['silence', '', 504, 'UR0031: the backend has not answered the handshake within 1 seconds'],
);
{
    my $server = Server->new(modules => [@proxy, 'env'], helper => 1)->configure(<<"END")->start;
$size
LogLevel warn
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
LogLevel upgrade_wstunnel:debug
</Location>
SetEnv proxy-upgrade-wait 1
END
    for my $case (@answers) {
        my ($name, $bytes, $status, @want) = @$case;
        my $before = @{ story($server, 0) };
        my $client = asking($server, '/ws');
        my $backend = asked($listener);
        syswrite $backend, $bytes if $bytes;
        is answer_from($client)->{status}, $status, "$name: the status";
        is_deeply story($server, $before), \@want, "$name: the line";
        close_all($client, $backend);
    }
    my $before = @{ story($server, 0) };
    my $client = asking($server, '/ws');
    my $backend = asked($listener);
    close $client;
    ok ended($backend), 'a client that goes: its backend hears of it';
    like story($server, $before)->[0], qr/^UR0026: the client disconnected/, 'and the log says so';
    $server->stop;
}

# ---- a route that is not kept

for my $level (@levels) {
    my ($words, $shown) = @$level;
    my $server = Server->new(modules => \@proxy, helper => 1)->configure(<<"END")->start;
$size
ProxyPass /not-kept http://127.0.0.1:$port/
<Location /not-kept/none>
UpgradeRequire WebSocket
UpgradeKeep none
</Location>
LogLevel $words
END
    for my $case (['/not-kept', handshake], ['/not-kept'], ['/not-kept/none', handshake]) {
        my ($path, @lines) = @$case;
        my $client = connect_to($server->{port});
        print $client join "\r\n", "GET $path HTTP/1.1", 'Host: localhost', @lines, '', '';
        close_all($client, asked($listener));
    }
    my @said = map { /: ([^:]+)$/ } lines_of($server, 'UR0032');
    my @want = ('neither UpgradeKeep WebSocket nor UpgradeRequire WebSocket applies here',
        'UpgradeKeep none applies here');
    is_deeply \@said, $shown ? \@want : [],
      "$words: one line for a handshake that is not kept, and why; none for another request";
    $server->stop;
}

done_testing;
