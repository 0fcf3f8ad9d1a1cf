# Beside other modules: with all that Debian has loaded at the same time, with each of the third-party ones
# alone, and the manual's section on what refuses first, row by row. It is not run with the others, as it
# needs dozens of packages: make -f apxs.mk beside.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Modules;
use Ports;
use Server;
use Tunnel;
use Wait;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port     = $listener->sockport;
my $beats    = free_port();
my $conf     = Apache::Test::vars('t_conf');
my $there    = modules_there();

# As Debian's packages call it, before 13 and since.
my ($evasive) = grep { $there->{$_} } qw(evasive20 evasive) or die 'no mod_evasive';

# What a module needs so that httpd starts with it, and leaves alone what nothing was said of.
my %needs = (
    auth_cas      => "CASCookiePath \${HOME_OF_TEST}/\nCASLoginURL https://127.0.0.1/login\n"
      . 'CASValidateURL https://127.0.0.1/validate',
    authn_yubikey => 'AuthYubiKeyRequireSecure off',    # else it answers what is not encrypted
    $evasive      => "DOSPageCount 100000\nDOSSiteCount 100000",         # else it refuses the third request
    heartbeat     => "HeartbeatAddress 127.0.0.1:$beats",
    jk            => "JkLogFile jk.log\nJkShmFile jk.shm",
    passenger     => "PassengerRoot /usr/lib/ruby/vendor_ruby/phusion_passenger/locations.ini\n"
      . "PassengerDefaultRuby /usr/bin/ruby\nPassengerInstanceRegistryDir \${HOME_OF_TEST}\n"
      . "PassengerDisableAnonymousTelemetry on\nPassengerDisableSecurityUpdateCheck on",
);

# Not loaded together with all the others, and why; each is still tried alone.
my %apart = (
    python => 'mod_wsgi does not start beside it',
    map { $_ => 'needs the prefork MPM' } grep { /^php/ } keys %$there,
);

# Not loaded at all: children crash in them when they end, with nothing else loaded too. Here they may be from
# elsewhere.
delete @$there{qw(log_sql log_sql_dbi log_sql_mysql log_sql_ssl)};

# OCaml 5 aborts in a thread that it has not made, with nothing else loaded too.
if (my $netcgi = $there->{netcgi_apache}) {
    delete $there->{netcgi_apache} if `ldd '$netcgi->{file}'` =~ m{/ocaml/[5-9]};
}

# What has to be there for a module to be loaded alone.
my %with = (
    authz_svn     => [qw(dav dav_svn)],
    dav_svn       => ['dav'],
    vhost_ldap    => ['ldap'],
);

# ---- a server, and what is asked of it

my @base = qw(authz_core alias dir mime ssl socache_shmcb http2 proxy proxy_http);

sub configuration {
    my ($tls, $more) = @_;
    return <<"CONF";
StartServers 1
ServerLimit 32
<IfModule !mpm_prefork_module>
    ThreadsPerChild 8
    MinSpareThreads 8
    MaxRequestWorkers 64
</IfModule>
TypesConfig /dev/null
Listen 127.0.0.1:$tls
Protocols h2 h2c http/1.1
H2WebSockets on
<VirtualHost 127.0.0.1:$tls>
    SSLEngine on
    SSLCertificateFile $conf/server.crt
    SSLCertificateKeyFile $conf/server.key
</VirtualHost>
UpgradeFloor HTTP/1.1
<Location /tls>
    UpgradeRequire TLS
</Location>
<Location /redirect>
    UpgradeRequire TLS
    UpgradeRedirect temporary
</Location>
ProxyPass /thread http://127.0.0.1:$port
ProxyPass /event http://127.0.0.1:$port
<LocationMatch "^/(thread|event)">
    UpgradeRequire WebSocket
</LocationMatch>
<Location /event>
    UpgradeTunnel event
</Location>
<Location /status>
    SetHandler upgrade-status
</Location>
Alias /tls $FindBin::Bin/htdocs/endpoint
$more
CONF
}

# A server of these modules, started. Options: those of Server, and more => lines of its configuration
sub server_of {
    my ($names, %option) = @_;
    my %name = map { $_ => 1 } @base, map { ($_, @{ $with{$_} || [] }) } @$names;
    my $modules = [map { $there->{$_} or die "no mod_$_" } sort keys %name];
    my $tls    = free_port();
    my $server = Server->new(modules => [], load => [load_lines(@$modules)], helper => 1, %option);
    $server->{tls} = $tls;
    my $needs = join "\n", map { $needs{$_} // () } grep { !$option{$_} } sort keys %name;
    return $server->configure("Define HOME_OF_TEST $server->{folder}\n" . configuration($tls, "$needs\n"
        . ($option{more} // '')));
}

my %secure = (SSL_verify_mode => 0, SSL_hostname => 'localhost');

# What a client of each kind gets.
sub statuses {
    my ($server) = @_;
    my $tls = sub {
        my $request = "GET $_[0] HTTP/1.1\r\nHost: localhost\r\n\r\n";
        return ask($server->{tls}, $request, tls => \%secure)->{status};
    };
    my $two = sub { h2($server->{tls}, $_[0], tls => 1)->{status} };
    return {
        'the floor, clear'       => $server->ask('GET /endpoint HTTP/1.0')->{status},
        'a route, clear'         => get($server->{port}, '/event')->{status},
        'a route that wants TLS' => get($server->{port}, '/tls')->{status},
        'a redirect to TLS'      => get($server->{port}, '/redirect')->{status},
        'allowed, clear'         => get($server->{port}, '/endpoint')->{status},
        'a route, TLS'           => $tls->('/event'),
        'allowed, TLS'           => $tls->('/tls'),
        $server->{mpm} eq 'prefork' ? () : (
            'a route, HTTP/2' => $two->('/event'),
            'allowed, HTTP/2' => $two->('/tls'),
        ),
    };
}

my $expected = {
    'the floor, clear' => 426, 'a route, clear' => 426, 'a route that wants TLS' => 426,
    'a redirect to TLS' => 307, 'allowed, clear' => 200, 'a route, TLS' => 426, 'allowed, TLS' => 200,
    'a route, HTTP/2' => 426, 'allowed, HTTP/2' => 200,
};

# prefork has no HTTP/2 over TLS.
my $expected_of_prefork = { map { $_ => $expected->{$_} } grep { !/HTTP\/2/ } keys %$expected };

# A tunnel of each kind, a message each way, and its end.
sub tunnels {
    my ($server, $what) = @_;
    my %kind = (
        'thread'           => [path => '/thread'],
        'event'            => [path => '/event'],
        'thread, TLS'      => [path => '/thread', port => $server->{tls}, tls => \%secure],
        'event, TLS'       => [path => '/event', port => $server->{tls}, tls => \%secure],
        'extended CONNECT' => [path => '/event', h2 => 1],
    );
    my $event = $server->{mpm} eq 'event' ? 2 : 0;
    for my $kind (sort keys %kind) {
        my ($client, $backend) = eval { open_tunnel($server, $listener, @{ $kind{$kind} }) }
          or do { fail "$what: a tunnel, $kind: $@"; next };
        alive($client, $backend, "$what: a tunnel, $kind");
        close $client;
        ended($backend);
        close $backend;
    }
    my $books;
    eventually(sub { ($books = tunnels_of($server))->{open} == 0 });
    is_deeply [@$books{qw(open all_ended)}, $books->{by}], [0, 5, { event => $event, thread => 5 - $event }],
      "$what: the counters say the same";
    return;
}

# What a child says that died, and what httpd says when it gives up.
sub quiet {
    my ($server, $what) = @_;
    my @bad = grep { /exit signal|AH0005[12]|[Aa]ssertion|:(?:emerg|alert)\]/ } split /\n/, $server->log;
    return is "@bad", '', "$what: no child died";
}

# ---- all together

my @together = grep { !$apart{$_} } sort keys %$there;
{
    my $what = 'all ' . @together . ' modules';
    diag "$what; third-party: " . join ' ', grep { !is_stock($there->{$_}) } @together;
    my $server = server_of(\@together)->start;
    is_deeply statuses($server), $expected, "$what: each client gets what it shall";
    tunnels($server, $what);
    my @kept;
    for my $reload (1 .. 10) {
        push @kept, [open_tunnel($server, $listener, path => '/event')];
        $server->graceful;
    }
    alive(@$_[0, 1], "$what: a tunnel goes on over reloads") for @kept;
    is_deeply statuses($server), $expected, "$what: after the reloads, too";
    close $_->[0] for @kept;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$what: all tunnels have ended";
    is tunnels_of($server)->{all_ended}, 15, "$what: and all are counted";
    $server->stop->finish;
    quiet($server, $what);
}

# ---- PHP behind mod_proxy_fcgi

# A php-fpm of the test's own, with pages of this folder: its process and its socket.
sub start_fpm {
    my ($folder) = @_;
    my ($program) = reverse sort glob '/usr/sbin/php-fpm*' or die 'no php-fpm: build/setup beside';
    my ($user, $group) = map { Apache::Test::vars($_) } qw(user group);
    my $socket = "$folder/fpm.socket";
    my %file = (
        'fpm.conf' => join("\n", '[global]', "error_log = $folder/fpm.log", 'daemonize = no', '[www]',
            "listen = $socket", 'listen.mode = 0666', 'pm = static', 'pm.max_children = 2',
            $> ? () : ("user = $user", "group = $group"), ''),
        'page.php' => '<?php echo $_SERVER["REQUEST_METHOD"], " ", getenv("HTTPS") ?: "clear", " ",'
          . ' file_get_contents("php://input"); ?>',
        'slow.php' => '<?php echo "begun\n"; flush(); while (!file_exists(__DIR__ . "/go")) {'
          . ' usleep(10000); clearstatcache(); } echo "done"; ?>',
        'refused.php' => '<?php header("Content-Type: text/plain");'
          . ' echo "Sorry: ", getenv("REDIRECT_STATUS"), " ", getenv("REDIRECT_UPGRADE_REASON"); ?>',
    );
    for my $name (sort keys %file) {
        open my $out, '>', "$folder/$name" or die "$folder/$name: $!";
        print $out $file{$name};
        close $out;
    }
    my $pid = fork // die $!;
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec $program, '--fpm-config', "$folder/fpm.conf", '--allow-to-run-as-root' or die $!;
    }
    eventually(sub { -S $socket }) or die "php-fpm does not start: $folder/fpm.log";
    return ($pid, $socket);
}

{
    my $folder = Apache::Test::vars('t_logs') . '/fpm';
    mkdir $folder or die "$folder: $!";
    chmod 0755, $folder;
    my ($pid, $socket) = start_fpm($folder);
    my $server = server_of(['proxy_fcgi', 'env', 'setenvif'], more => <<"CONF")->start;
Alias /php $folder
<Directory $folder>
    Require all granted
    <FilesMatch "\\.php\$">
        SetHandler "proxy:unix:$socket|fcgi://localhost/"
    </FilesMatch>
</Directory>
<Location /php/page.php>
    UpgradeRequire TLS
</Location>
<Location /thread/page>
    ErrorDocument 426 /php/refused.php
</Location>
CONF
    my $tls = sub {
        my ($request, $body) = @_;
        return ask($server->{tls}, "$request HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body", tls => \%secure);
    };
    my $refused = get($server->{port}, '/php/page.php');
    is $refused->{status}, 426, 'PHP-FPM: a page that requires TLS';
    unlike $refused->{body}, qr/GET clear/, 'PHP-FPM: is not run';
    my $run = $tls->('POST /php/page.php', 'sent');
    is $run->{body}, 'POST on sent', 'PHP-FPM: and is, over TLS, with its body';
    my $page = get($server->{port}, '/thread/page');
    is $page->{status}, 426, 'PHP-FPM: a page of its own as ErrorDocument keeps the status';
    like $page->{body}, qr/^Sorry: 426 /, 'PHP-FPM: and is what the client gets';
    is field($page, 'Upgrade'), 'websocket', 'PHP-FPM: with what is required';

    # A page that takes long, tunnels of both kinds, and a reload.
    my $slow = connect_to($server->{port});
    print $slow "GET /php/slow.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    $slow->flush;
    my @tunnels = map { [open_tunnel($server, $listener, path => $_)] } qw(/event /thread);
    $server->graceful;
    alive(@$_[0, 1], 'PHP-FPM: a tunnel goes on beside a page, over a reload') for @tunnels;
    is $tls->('POST /php/page.php', 'again')->{body}, 'POST on again', 'PHP-FPM: another page is run';
    close $_ for map { @$_[0, 1] } @tunnels;
    open my $go, '>', "$folder/go" or die $!;
    like join('', <$slow>), qr/begun\n.*done\r\n0\r\n\r\n\z/s, 'PHP-FPM: the page ends as it should';
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), 'PHP-FPM: the tunnels have ended';
    $server->stop->finish;
    quiet($server, 'PHP-FPM');
    kill TERM => $pid;
    waitpid $pid, 0;
}

# ---- limits of mod_qos

# The status of a request on a connection of its own; 0 where the connection is closed.
sub let_in {
    my ($server) = @_;
    my $socket = connect_to($server->{port});
    print $socket "GET /endpoint HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    $socket->flush;
    return (<$socket> // '') =~ m{^HTTP/\S+ (\d+)} ? $1 : 0;
}

# Each tunnel is a connection for as long as it lasts, whatever carries it, and no longer.
for my $kind (qw(event thread)) {
    my $server = server_of(['qos'], more => "QS_SrvMaxConnPerIP 6\nKeepAlive Off")->start;
    my @tunnels = map { [open_tunnel($server, $listener, path => "/$kind")] } 1 .. 6;
    is let_in($server), 0, "mod_qos, $kind: a client has as many tunnels as connections, and no more";
    like $server->log, qr/mod_qos\(031\)/, "mod_qos, $kind: its line of the log";
    alive(@$_[0, 1], "mod_qos, $kind: none of them is ended") for @tunnels;
    close $_ for map { @$_[0, 1] } @tunnels[0 .. 2];
    ok eventually(sub { let_in($server) == 200 }), "mod_qos, $kind: when some have ended, others are let in";
    push @tunnels, [open_tunnel($server, $listener, path => "/$kind")];
    alive(@{ $tunnels[-1] }[0, 1], "mod_qos, $kind: and tunnels");
    close $_ for map { @$_[0, 1] } @tunnels;
    $server->stop->finish;
    quiet($server, "mod_qos, $kind");
}

# And a request, which is among those that its location has at the same time.
for my $kind (qw(event thread)) {
    my $server = server_of([qw(qos setenvif)], more => <<'CONF')->start;
QS_LocRequestLimitMatch ^/(event|thread) 2
QS_ErrorResponseCode 503
CONF
    my @tunnels = map { [open_tunnel($server, $listener, path => "/$kind")] } 1 .. 2;
    my $third = $server->ask("GET /$kind HTTP/1.1", handshake)->{status};
    is $third, 503, "mod_qos, $kind: as many tunnels as requests, and no more";
    like $server->log, qr/mod_qos\(010\)/, "mod_qos, $kind: its line of the log for that";
    close $_ for @{ $tunnels[0] }[0, 1];
    ok eventually(sub { tunnels_of($server)->{open} == 1 }), "mod_qos, $kind: one has ended";
    push @tunnels, [open_tunnel($server, $listener, path => "/$kind")];
    alive(@$_[0, 1], "mod_qos, $kind: and another one takes its place") for @tunnels[1, 2];
    close $_ for map { @$_[0, 1] } @tunnels[1, 2];
    $server->stop->finish;
}

# ---- what refuses first

my $section = do {
    open my $file, '<', "$ENV{UPGRADE_TEST_TOP}/mod_upgrade_required/manual.md" or die $!;
    local $/;
    <$file> =~ /^## Beside other modules\n(.*?)^## /ms ? $1 : die 'the manual has no such section';
};

# What is in the first column => its modules, its lines for a LocationMatch around all that is asked for,
# those outside, what a path needs so that it refuses, how often it has to be asked.
my %other = (
    'mod_security2, phase 1' => {
        modules => [qw(unique_id security2)],
        outside => "SecRuleEngine On\nSecRule ARGS_GET:no \"\@streq 1\" \"id:1,phase:1,deny,status:403\"",
        query   => '?no=1',
    },
    'mod_security2, phase 2' => {
        modules => [qw(unique_id security2)],
        outside => "SecRuleEngine On\nSecRule ARGS_GET:no \"\@streq 1\" \"id:1,phase:2,deny,status:403\"",
        query   => '?no=1',
    },
    'mod_qos, `QS_DenyPath`' => { modules => ['qos'], lines => 'QS_DenyPath +all deny .*' },
    'mod_evasive'            => {
        modules => [$evasive], times => 4, outside => "DOSPageCount 1\nDOSPageInterval 3600\n"
          . "<IfDirective DOSEnabled>\nDOSEnabled true\n</IfDirective>",
    },
    'mod_auth_openidc' => {
        modules => [qw(authn_core authz_user auth_openidc)],
        lines   => "AuthType openid-connect\nRequire valid-user",
        outside => join("\n", 'OIDCProviderIssuer https://127.0.0.1/op', 'OIDCClientID me',
            'OIDCProviderAuthorizationEndpoint https://127.0.0.1/op/auth', 'OIDCCryptoPassphrase secret',
            'OIDCProviderTokenEndpoint https://127.0.0.1/op/token', 'OIDCRedirectURI http://localhost/back'),
    },
    'mod_auth_cas' => {
        modules => [qw(authn_core authz_user auth_cas)], lines => "AuthType CAS\nRequire valid-user",
    },
    '`Require all denied`' => { modules => [], lines => 'Require all denied' },
    'mod_md, `MDRequireHttps temporary`' => { modules => ['md'], https => 'temporary' },
    'mod_md, `MDRequireHttps permanent`' => { modules => ['md'], https => 'permanent' },
);

# Rows: the other module, its status, its line of the log, and who answers at the floor, at a route that
# requires TLS, and at one that requires a WebSocket.
my %said;
for my $row ($section =~ /^\|(.*\|.*\|.*\|.*\|.*\|.*)\|$/mg) {
    my ($name, $status, $log, @first) = map { s/^ +| +$//gr } split /\|/, $row;
    $said{$name} = { status => $status, log => $log =~ s/`//gr, first => \@first } if $status =~ /^\d+$/;
}
is_deeply [sort keys %said], [sort keys %other], 'what refuses first: the rows of the manual are those here';

for my $name (sort keys %other) {
    my $case   = $other{$name};
    my $row    = $said{$name} || next;
    my $clear  = free_port();
    my $more   = $case->{outside} // '';
    $more .= "\n<LocationMatch \"^/[a-z]+/other\">\n$case->{lines}\n</LocationMatch>" if $case->{lines};
    $more .= <<"CONF" if $case->{https};
Listen 127.0.0.1:$clear
<VirtualHost 127.0.0.1:$clear>
    ServerName localhost
    UpgradeRedirect permanent
</VirtualHost>
<MDomain localhost>
    MDRequireHttps $case->{https}
    MDRenewMode manual
    MDMembers manual
    MDCertificateFile $conf/server.crt
    MDCertificateKeyFile $conf/server.key
</MDomain>
CONF
    my $server = server_of($case->{modules}, more => $more, $evasive => 1);
    $server->start;
    my $to = $case->{https} ? $clear : $server->{port};
    for my $number (0 .. 2) {
        my $where   = ('floor', 'TLS', 'WebSocket')[$number];
        my ($path, $version) = @{ [['/first', '1.0'], ['/tls', '1.1'], ['/event', '1.1']]->[$number] };
        my $target  = "$path/other" . ($case->{query} // '');
        my $request = "GET $target HTTP/$version\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
        my $status;
        $status = ask($to, $request)->{status} for 1 .. $case->{times} || 1;
        my $ours = $where eq 'TLS' && $case->{https} ? 308 : 426;
        is $status, $row->{first}[$number] eq 'this module' ? $ours : $row->{status}, "first: $name: $where";
    }
    like $server->log, qr/\Q$row->{log}\E/, "first: $name: its line of the log" if $row->{log};
    $server->stop;
}

# ---- what else the section says of them

{
    my $case = $other{mod_auth_openidc};
    my $more = "$case->{outside}\n<LocationMatch \"^/[a-z]+/other\">\n$case->{lines}\n</LocationMatch>";
    my $server = server_of($case->{modules}, more => $more)->start;
    is $server->ask('GET /event/other HTTP/1.1', 'Accept: application/json')->{status}, 401,
      'mod_auth_openidc: who takes no HTML';
    $server->stop;
}
{
    my $server = server_of(['authn_yubikey'], authn_yubikey => 1)->start;
    my $answer = $server->ask('GET /endpoint HTTP/1.1');
    is $answer->{status}, 200, 'mod_authn_yubikey: as it comes';
    like $answer->{body}, qr/<html/i, 'mod_authn_yubikey: a page of its own';
    $server->stop;
}

# ---- each of the others alone

for my $name (grep { !is_stock($there->{$_}) } sort keys %$there) {
    my $what   = "mod_$name";
    my $server = server_of([$name], mpm => ($apart{$name} // '') =~ /prefork/ ? 'prefork' : 'event');
    if (!eval { $server->start }) {
        fail "$what: httpd starts: $@";
        next;
    }
    my $expected = $server->{mpm} eq 'prefork' ? $expected_of_prefork : $expected;
    is_deeply statuses($server), $expected, "$what: each client gets what it shall";
    tunnels($server, $what);
    $server->stop->finish;
    quiet($server, $what);
}

done_testing;
